"""The lines that `journalctl` itself puts between those of the journal.

-- Logs begin at Mon 2026-11-02 10:15:01 UTC, end at Tue 2026-11-03 10:15:01 UTC. --
-- Journal begins at Mon 2026-11-02 10:15:01 UTC, ends at Tue 2026-11-03 10:15:01 UTC. --
-- Reboot --
-- Boot 0123456789abcdef0123456789abcdef --
-- No entries --
"""

import re

NAME = "journal-marker"
HEADER = re.compile(
    rb"(?=-- (?:Reboot --|Boot [0-9a-f]{32} --|No entries --|(?:Logs begin|Journal begins|Journal starts) at ))"
)
STAMP = "none"
PROG = "systemd-journald"
ORDER = 85
