"""Reads a configuration file as the front end does."""

from pcmklog.parsers import config


def read(path, data):
    """The file as the front end reads it: the parser that wants it, and what that gives."""
    parser = config.find(path, data[:65536])
    assert parser is not None, path
    return parser.settings(data)


def values(path, data):
    return {(s.file, s.path): s.value for s in read(path, data).settings}


def places(result):
    return [(error.line, error.column) for error in result.errors]
