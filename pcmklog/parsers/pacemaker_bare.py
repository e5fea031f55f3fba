"""The one line that Pacemaker writes into its log without a header, by whoever opens the file.

Set r/w permissions for uid=189, gid=189 on /var/log/pacemaker/pacemaker.log
"""

import re

NAME = "pacemaker-bare"
HEADER = re.compile(rb"(?=(?:Set|Could not set) r/w permissions for uid=\d+, gid=\d+ on )")
STAMP = "none"
ORDER = 86
