from werkzeug.exceptions import HTTPException


class ApiError(HTTPException):
    """What the bridges' interface answers instead of a result, as JSON.

    :param int status: of HTTP
    :param str code: for programs, as ``video_bridge/openapi.yaml`` lists them
    :param str message: for the engineer who reads the bridge's log; never translated
    """

    def __init__(self, status, code, message, headers=()):
        super().__init__(message)
        self.code = status
        self.word = code
        self.message = message
        self.extra = list(headers)


def unprocessable(message):
    """The body is JSON of another shape than agreed."""
    return ApiError(422, "unprocessable", message)
