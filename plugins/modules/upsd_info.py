#!/usr/bin/python
# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: upsd_info
short_description: Return what a UPS server tells about itself, its UPSes and its clients
version_added: 0.1.0
description:
  - Reads the server's version and, for each of its UPSes, description, variables and the clients that are logged in.
  - Needs no credentials. DSM answers only to permitted addresses.
author:
  - The upsfleet authors (@upsfleet)
extends_documentation_fragment:
  - upsfleet.synology.attributes
  - upsfleet.synology.attributes.info_module
  - upsfleet.synology.attributes.actiongroup_upsd
  - upsfleet.synology.upsd
seealso:
  - module: upsfleet.synology.upsd_access
"""

EXAMPLES = r"""
- name: Look at the NAS's UPS
  upsfleet.synology.upsd_info:
    host: 192.0.2.5
  register: nas

- name: Show the charge of each UPS
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.variables['battery.charge'] | default('unknown') }} %"
  loop: "{{ nas.upses }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
server:
  description: What the server says about itself.
  returned: success
  type: dict
  contains:
    version:
      description: Its version.
      type: str
      sample: DSM7-2-1-NewModel-repack-64570-230831
    dsm:
      description: Whether it is a Synology NAS.
      type: bool
      sample: true
    release:
      description: The release of DSM, V(null) for other servers.
      type: str
      sample: 7.2.1
    protocol:
      description: The version of the protocol, V(null) if the server is too old to tell.
      type: str
      sample: "1.2"
upses:
  description: The UPSes that the server has.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The UPS's name.
      type: str
      sample: ups
    description:
      description: What the server's administrator wrote about it.
      type: str
      sample: Description unavailable
    variables:
      description: Its variables. Empty if RV(upses[].variables_error) is set.
      type: dict
      sample: {"battery.charge": "100", "ups.status": "OL"}
    variables_error:
      description: The server's error word if it did not tell them, such as V(DATA-STALE); else V(null).
      type: str
      sample: null
    clients:
      description: Addresses of the clients that are logged in, one per connection.
      type: list
      elements: str
      sample: [192.0.2.31, 127.0.0.1]
    clients_error:
      description: The server's error word if it did not tell them; else V(null).
      type: str
      sample: null
reason:
  description:
    - Why nothing was read. V(unreachable), V(refused), V(not_upsd), V(tls_failed) and V(not_permitted) mean the same as
      the verdicts of M(upsfleet.synology.upsd_access). V(error) is any other error of the server.
  returned: failure, if the options are valid
  type: str
  sample: not_permitted
code:
  description: The server's error word, if it sent one; else V(null).
  returned: failure, if the options are valid
  type: str
  sample: ACCESS-DENIED
"""

from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.upsfleet.synology.plugins.module_utils._access import argspec, conversation, probe
from ansible_collections.upsfleet.synology.plugins.module_utils._nut import client


def read(params: dict[str, Any]) -> dict[str, Any]:
    """Return the server and its UPSes.

    :param params: the arguments of :meth:`Upsd.connect`.
    :raises UpsdError: if the server or its list of UPSes cannot be read.
    """
    with client.Upsd.connect(**params) as server:
        version = _version(server)
        protocol, _error = _unless_refused(server.netversion, None)
        return {
            "server": {**probe.server(version), "protocol": protocol},
            "upses": [_ups(server, name, description) for name, description in server.list_ups().items()],
        }


def _version(server: client.Upsd) -> str | None:
    """Return the banner, None where the server has no VER, as UniFi's (NUT issue 3155)."""
    try:
        return server.version()
    except client.ErrReply as error:
        if error.code in conversation.CLOSED:
            raise
        return None


def _ups(server: client.Upsd, name: str, description: str) -> dict[str, Any]:
    variables, variables_error = _unless_refused(lambda: server.list_vars(name), {})
    clients, clients_error = _unless_refused(lambda: server.list_clients(name), [])
    return {
        "name": name,
        "description": description,
        "variables": variables,
        "variables_error": variables_error,
        "clients": clients,
        "clients_error": clients_error,
    }


def _unless_refused(ask: Callable[[], Any], instead: Any) -> tuple[Any, str | None]:
    """Return the answer and None, or *instead* and the server's error word."""
    try:
        return ask(), None
    except client.ErrReply as error:
        return instead, error.code


def why(error: client.UpsdError) -> tuple[str, str | None]:
    """Return the name of what went wrong, as a verdict calls it, and the server's error word."""
    code = getattr(error, "code", None)
    if code == "ACCESS-DENIED":  # to commands that stock NUT never refuses: DSM's list of permitted addresses
        return "not_permitted", code
    return ("error" if isinstance(error, client.ErrReply) else error.kind), code


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argspec.CONNECTION, supports_check_mode=True)
    try:
        argspec.check_connection(module.params)
        found = read(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    except client.UpsdError as error:
        reason, code = why(error)
        place = f"{module.params['host']} port {module.params['port']}"
        module.fail_json(msg=f"{place}: {reason}, {error}.", reason=reason, code=code)
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
