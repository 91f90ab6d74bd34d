from . import yst_video_camera_import
from . import yst_video_maintenance
from . import yst_video_rule_apply
from . import yst_video_judge_wizard
from . import yst_reason_wizard
from . import yst_video_settings_form
