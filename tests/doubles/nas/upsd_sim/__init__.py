"""A test double of the upsd (NUT server) of a Synology NAS; never use it to protect anything."""
