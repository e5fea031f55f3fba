"""pcmklog reads the logs of Corosync / CMAN / Pacemaker clusters and says what went wrong."""

__version__ = "0.1.0"
