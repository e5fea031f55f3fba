"""The files that the daemons of the cman suite write in /var/log/cluster: no host, no pid, no level.

Nov 02 10:15:01 fenced fenced 3.1.8 started
"""

import re

NAME = "cman"
HEADER = re.compile(
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d) "
    rb"(?P<prog>fenced|dlm_controld|gfs_controld|groupd|qdiskd|rgmanager|cmannotifyd)(?= )"
)
STAMP = "bsd"
ORDER = 20
