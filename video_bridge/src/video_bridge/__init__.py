"""The video bridge (视频网桥): camera streams in, alerts out.

It reads camera streams, looks at key frames, applies the rules that the platform has set for
each camera, and delivers what it has seen over HTTP. It knows nothing of the platform but
``openapi.yaml``.
"""

__version__ = "0.1.0"
