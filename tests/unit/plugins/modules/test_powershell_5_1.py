# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows has PowerShell 5.1 with .NET Framework 4; the tests run the scripts on PowerShell 7, which has more.

Whatever the scripts use is in a list of what 5.1 has: syntax, cmdlets with their parameters, types, their static
members, and the members of objects with the most arguments that they take there. A new one is looked up in
Microsoft's reference (view powershell-5.1, or .NET Framework 4.6.2) before it is added.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import pytest
import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = sorted((ROOT / "plugins").rglob("*.ps1"))
PARSER = Parser(Language(tree_sitter_pwsh.language()))

NEWER_SYNTAX = {"null_coalesce_expression", "??=", "ternary_expression", "pipeline_chain_tail", "clean", "ERROR"}
NEWER_VARIABLES = {"iswindows", "islinux", "ismacos", "iscoreclr", "psstyle", "psnativecommanduseerroractionpreference"}
CMDLETS = {
    "Add-Type": {"-Namespace", "-Name", "-PassThru", "-MemberDefinition"},
    "ForEach-Object": {"-Process"},
    "Get-Acl": {"-LiteralPath"},
    "Get-ChildItem": {"-LiteralPath", "-Force"},
    "Get-CimInstance": {"-ClassName", "-Property", "-Filter", "-ErrorAction"},
    "Get-Item": {"-LiteralPath", "-Force"},
    "Get-NetIPAddress": {"-AddressFamily", "-ErrorAction", "-ErrorVariable"},
    "Get-NetTCPConnection": {"-State", "-ErrorAction", "-ErrorVariable"},
    "New-Object": {"-ComObject"},
    "Select-Object": {"-Skip", "-Last"},
    "Sort-Object": set(),
    "Test-Path": {"-LiteralPath"},
    "Where-Object": {"-FilterScript"},
}
# Types that are only named (in parameters, casts, enumerations), and the static members that are used of others.
TYPES = {
    "bool": "",
    "byte": "",
    "char": "",
    "double": "MaxValue TryParse",
    "hashtable": "",
    "int": "MaxValue",
    "object": "",
    "ref": "",
    "regex": "Match Matches",
    "string": "IsNullOrEmpty IsNullOrWhiteSpace",
    "void": "",
    "Ansible.Basic.AnsibleModule": "Create",
    "Ansible.Privilege.PrivilegeEnabler": "",
    "DateTime": "UtcNow",
    "DateTimeKind": "Utc",
    "Math": "Ceiling Max Min Round",
    "Microsoft.Win32.Registry": "LocalMachine",
    "Microsoft.Win32.RegistryValueOptions": "DoNotExpandEnvironmentNames",
    "System.Collections.Generic.List[string]": "",
    "System.Convert": "ToBase64String",
    "System.Diagnostics.Eventing.Reader.EventLogQuery": "",
    "System.Diagnostics.Eventing.Reader.EventLogReader": "",
    "System.Diagnostics.Eventing.Reader.EventRecord": "",
    "System.Diagnostics.Eventing.Reader.PathType": "LogName",
    "System.Diagnostics.Stopwatch": "StartNew",
    "System.Environment": "GetEnvironmentVariable Is64BitOperatingSystem",
    "System.Exception": "",
    "System.Globalization.CultureInfo": "InvariantCulture",
    "System.Globalization.NumberStyles": "Float",
    "System.IO.Directory": "CreateDirectory",
    "System.IO.DirectoryInfo": "",
    "System.IO.File": "Exists GetLastWriteTimeUtc ReadAllBytes",
    "System.IO.FileAttributes": "ReparsePoint",
    "System.IO.Path": "GetDirectoryName",
    "System.Net.Dns": "BeginGetHostAddresses EndGetHostAddresses",
    "System.Net.IPAddress": "TryParse",
    "System.Net.IPEndPoint": "",
    "System.Net.Sockets.ProtocolType": "Tcp Udp",
    "System.Net.Sockets.SelectMode": "SelectRead",
    "System.Net.Sockets.Socket": "",
    "System.Net.Sockets.SocketException": "",
    "System.Net.Sockets.SocketType": "Stream Dgram",
    "System.Security.AccessControl.DirectorySecurity": "",
    "System.Security.Principal.WindowsBuiltInRole": "Administrator",
    "System.Security.Principal.WindowsIdentity": "GetCurrent",
    "System.Security.Principal.WindowsPrincipal": "",
    "System.StringComparison": "Ordinal",
    "System.Text.Encoding": "ASCII GetEncoding UTF8",
    "System.Text.RegularExpressions.RegexOptions": "",
    "System.Text.StringBuilder": "",
}
# Methods of objects, each with the most arguments that it takes in .NET Framework as the scripts use it: newer ones
# have further overloads, such as Contains and Replace of a string with a StringComparison.
METHODS = {
    "Add": 1,
    "AddSeconds": 1,
    "Append": 1,
    "BeginConnect": 3,
    "Bind": 1,
    "Connect": 1,
    "Contains": 1,
    "Dispose": 0,
    "EndConnect": 1,
    "EndsWith": 2,
    "ExitJson": 0,
    "FailJson": 2,
    "FormatDescription": 0,
    "GetBaseException": 0,
    "GetBytes": 1,
    "GetFolder": 1,
    "GetSecurityDescriptorSddlForm": 1,
    "GetString": 3,
    "GetTasks": 1,
    "GetValue": 3,
    "IndexOf": 1,
    "IsInRole": 1,
    "IsMatch": 1,
    "Match": 1,
    "Matches": 1,
    "OpenSubKey": 1,
    "Poll": 2,
    "ReadEvent": 0,
    "Receive": 1,
    "Replace": 2,
    "Send": 1,
    "SetAccessControl": 1,
    "SetSecurityDescriptorSddlForm": 2,
    "Split": 1,
    "StartsWith": 2,
    "Substring": 2,
    "ToString": 2,
    "ToUniversalTime": 0,
    "TrimEnd": 2,
    "WaitOne": 1,
    # what a script has compiled itself
    "GetPwrCapabilities": 1,
}


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def of_type(node: Node) -> str | None:
    """Return the name of the type that *node* starts with, without what makes it an array."""
    first = node.children[0]
    return text(first).strip("[]") if first.type == "type_literal" else None


def member(node: Node) -> str | None:
    """Return what is wrong with the access to a member, None if 5.1 has it."""
    name = next(text(child) for child in node.children if child.type == "member_name")
    static = any(child.type == "::" for child in node.children)
    kind = of_type(node)
    if static and kind is not None:
        known = name == "new" or name in TYPES.get(kind, "").split()
        return None if known else f"[{kind}]::{name}"
    if node.type != "invocation_expression":
        return None  # a property: of an unknown object, or a key of a table
    given = [child for part in node.children if part.type == "argument_list" for child in walk(part)]
    lists = [child for child in given if child.type == "argument_expression_list"]
    count = len(lists[0].named_children) if lists else 0
    if name not in METHODS:
        return f".{name}()"
    return None if count <= METHODS[name] else f".{name}() with {count} arguments"


def command(node: Node, own: set[str]) -> list[str]:
    """Return what 5.1 lacks of a call of a cmdlet, or of a function of the script's *own*."""
    name = next((text(child) for child in node.children if child.type == "command_name"), "")
    if name in own:
        return []
    if name not in CMDLETS:
        return [name]
    used = {text(child) for part in node.named_children for child in part.children if child.type == "command_parameter"}
    return [f"{name} {parameter}" for parameter in sorted(used - CMDLETS[name])]


def newer(source: str) -> list[str]:
    """Return what in *source* is not in the lists above."""
    found = []
    nodes = list(walk(PARSER.parse(source.encode()).root_node))
    own = {text(node) for node in nodes if node.type == "function_name"}
    for node in nodes:
        if node.type in NEWER_SYNTAX or node.is_missing:
            found.append(f"syntax: {text(node)}")
        elif node.type == "type_literal" and re.sub(r"\[\]", "", text(node)[1:-1]) not in TYPES:
            found.append(text(node))
        elif node.type in ("member_access", "invocation_expression"):
            found += [wrong for wrong in (member(node),) if wrong]
        elif node.type == "command":
            found += command(node, own)
        elif node.type == "variable" and text(node).lower().lstrip("${").rstrip("}") in NEWER_VARIABLES:
            found.append(text(node))
        elif node.type == "expandable_string_literal" and "`u{" in text(node):
            found.append("`u{}")
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_scripts_use_what_windows_has(script: Path) -> None:
    assert newer(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "$a = $b ?? 1",
        "$a ??= 1",
        "$a?.b",
        "${a}?[0]",
        "$a = $b ? 1 : 2",
        "Get-Acl -LiteralPath a && Get-Acl -LiteralPath b",
        "Get-Acl -LiteralPath a || Get-Acl -LiteralPath b",
        "1..3 | ForEach-Object -Parallel { $_ }",
        "Function A { begin {} process {} end {} clean { 1 } }",
        "$job = & { 'x' } &",
        '"`u{1F600}"',
        "if ($IsWindows) { 1 }",
        "Test-Path -LiteralPath a -OlderThan 1",
        "$module.Params.host.Contains('a', $ordinal)",
        "$text.Replace('a', 'b', $ordinal)",
        "$socket.ConnectAsync($server)",
        "Get-Error",
        "$text.ReplaceLineEndings()",
        "$text.Split('a', 'b', 2)",
        "[System.Convert]::ToHexString($bytes)",
        "[System.Net.Dns]::GetHostAddressesAsync('a')",
        "[System.IO.File]::ReadAllLinesAsync('a')",
        "[Math]::Clamp(1, 2, 3)",
        "[System.Text.Json.JsonSerializer]::Serialize($a)",
        "[semver]'1.2.3'",
    ],
)
def test_what_only_powershell_7_has_is_refused(source: str) -> None:
    assert newer(source) != []


def test_what_is_not_used_is_not_in_the_lists() -> None:
    everything = "\n".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    assert [
        name for name in (*CMDLETS, *METHODS, *TYPES) if not re.search(rf"\b{re.escape(name)}(?!\w)", everything)
    ] == []
