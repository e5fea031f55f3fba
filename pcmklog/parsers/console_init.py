"""What the init scripts of cman, Corosync, Pacemaker and heartbeat write to a terminal: steps and their result.

   Starting cman... [  OK  ]
   Waiting for quorum... Timed-out waiting for cluster
Starting Pacemaker Cluster Manager[  OK  ]
Starting Corosync Cluster Engine (corosync): [FAILED]
Waiting for corosync services to unload:....[  OK  ]
"""

import re

NAME = "console-init"
HEADER = re.compile(
    rb"\r?(?:   )?(?=(?:Starting|Stopping|Waiting for|Signaling|Checking|Loading|Unloading|Mounting|Unmounting|Joining"
    rb"|Leaving|Enabling|Disabling|Shutting down|Unfencing|Killing|Setting|Tuning) [^\n:\[]{3,60}"
    rb"(?:\.\.\.|:|[ \r]*\[ *(?:OK|FAILED|WARNING|PASSED) *\]))"
)
STAMP = "none"
PROG = "init"
ORDER = 82
