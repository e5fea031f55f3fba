"""The files that the daemons of the cman suite write in /var/log/cluster: no host, no pid, no level.

Nov 02 10:15:01 fenced fenced 3.1.8 started
dropped 12 entriesNov 02 10:15:01 fenced fence example success
"""

import re

NAME = "cman"
# A full queue writes its `dropped` without a newline.
HEADER = re.compile(
    rb"(?:dropped \d+ entries)?(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d) "
    rb"(?P<prog>fenced|dlm_controld|gfs_controld|groupd|qdiskd|rgmanager|cmannotifyd|corosync-notifyd)(?= )"
)
STAMP = "bsd"
ORDER = 20
