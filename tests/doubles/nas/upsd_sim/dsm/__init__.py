"""A test double of DSM around the upsd double: its settings files, its WebAPI, its accounts, a person at its dialog."""
