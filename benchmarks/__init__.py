"""Measurements in pairs: we and a floor or a peer in turns on one machine; README.md has the figures."""
