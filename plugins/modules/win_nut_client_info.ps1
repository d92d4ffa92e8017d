#!powershell

# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic

$spec = @{
    options = @{
        paths = @{ type = 'list'; elements = 'str'; default = @() }
        files = @{ type = 'list'; elements = 'str'; default = @() }
        configurations = @{ type = 'list'; elements = 'str'; default = @() }
        processes = @{ type = 'list'; elements = 'str'; default = @() }
        event_source = @{ type = 'str' }
        events_since = @{ type = 'raw'; default = 0 }
        event_limit = @{ type = 'int'; default = 20 }
        task = @{ type = 'str' }
        power_capabilities = @{ type = 'bool'; default = $false }
    }
    supports_check_mode = $true
}

$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$epoch = [DateTime]::new(1970, 1, 1, 0, 0, 0, [DateTimeKind]::Utc)

Function ConvertTo-Epoch {
    <# Return a time in seconds since 1970. #>
    param ([DateTime]$Time)

    [double]($Time.ToUniversalTime() - $epoch).TotalSeconds
}

Function Get-MachineValue {
    <# Return a value under HKEY_LOCAL_MACHINE with its variables unexpanded, or null if it does not exist. #>
    param (
        [string]$Path,
        [string]$Name
    )

    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Path)
    if ($null -eq $key) {
        return
    }
    try {
        $key.GetValue($Name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    }
    finally {
        $key.Dispose()
    }
}

Function Get-PowerCapability {
    <# Return the bytes of the structure SYSTEM_POWER_CAPABILITIES (winnt.h). It costs a compilation. #>
    $power = Add-Type -Namespace Upsfleet -Name Power -PassThru -MemberDefinition @'
[DllImport("powrprof.dll")]
[return: MarshalAs(UnmanagedType.U1)]
public static extern bool GetPwrCapabilities([Out] byte[] capabilities);
'@
    $capabilities = [byte[]]::new(256)  # the structure has 76
    if (-not $power::GetPwrCapabilities($capabilities)) {
        throw 'GetPwrCapabilities failed'
    }
    , $capabilities
}

Function Get-Hibernation {
    <# Return what Windows' settings say of hibernation, and where asked for, what the machine is capable of. #>
    param ([bool]$Capabilities)

    $path = 'SYSTEM\CurrentControlSet\Control\Power'
    $answer = @{ supported = $null; file_present = $null }
    foreach ($name in 'HibernateEnabled', 'HiberFileType') {
        $value = Get-MachineValue -Path $path -Name $name
        if ($null -eq $value) {
            $value = Get-MachineValue -Path $path -Name "${name}Default"
        }
        $answer[$name] = $value
    }
    if ($Capabilities) {
        $bytes = Get-PowerCapability
        $answer.supported = [bool]$bytes[6]  # SystemS4
        $answer.file_present = [bool]$bytes[8]  # HiberFilePresent
    }
    $type = $null
    if ($null -ne $answer.HiberFileType) {
        $type = [int]$answer.HiberFileType
    }
    @{
        enabled = [bool]($answer.HibernateEnabled -eq 1)
        file_type = $type
        supported = $answer.supported
        file_present = $answer.file_present
    }
}

Function Get-TaskXml {
    <# Return the definition of a scheduled task in the root folder, or null if there is none. #>
    param ([string]$Name)

    $scheduler = New-Object -ComObject Schedule.Service
    $scheduler.Connect()
    foreach ($task in $scheduler.GetFolder('\').GetTasks(1)) {  # hidden ones too
        if ($task.Name -eq $Name) {
            return [string]$task.Xml
        }
    }
}

Function Test-Administrator {
    <# Return whether this session has an administrator's rights now. #>
    $me = [System.Security.Principal.WindowsPrincipal]::new([System.Security.Principal.WindowsIdentity]::GetCurrent())
    $me.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

Function Get-Architecture {
    <# Return what the machine's processor and its Windows are, whatever this process runs as. #>
    @{
        is_64bit = [bool][System.Environment]::Is64BitOperatingSystem
        processor = [string][System.Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE', 'Machine')
    }
}

Function Test-OnlyNotFound {
    <# Return whether all that a cmdlet had to report is that it found nothing, which is an answer. #>
    param ($Problem)

    foreach ($one in $Problem) {
        if ([string]$one.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*') {
            return $false
        }
    }
    $true
}

Function Get-EventText {
    <# Return the text of an event, or what its writer filled in where Windows has no text for it. #>
    param ([System.Diagnostics.Eventing.Reader.EventRecord]$Record)

    $text = $null
    try {
        $text = $Record.FormatDescription()
    }
    catch {
        $text = $null
    }
    if ([string]::IsNullOrWhiteSpace($text)) {
        $text = ($Record.Properties | ForEach-Object -Process { [string]$_.Value }) -join ' '
    }
    [string]$text
}

Function Get-EventFilter {
    <# Return the query for the events of a source since a time in seconds since 1970. #>
    param (
        [string]$Source,
        [double]$Since
    )

    $filter = "Provider[@Name='$Source']"
    if ($Since -gt 0) {
        $start = $epoch.AddSeconds($Since)
        $text = $start.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [System.Globalization.CultureInfo]::InvariantCulture)
        $filter = "$filter and TimeCreated[@SystemTime>='$text']"
    }
    "*[System[$filter]]"
}

Function Get-SourceEvent {
    <# Return the newest events of a source in the Application log, whether or not the source is registered. #>
    param (
        [string]$Source,
        [double]$Since,
        [int]$Limit
    )

    $query = [System.Diagnostics.Eventing.Reader.EventLogQuery]::new(
        'Application',
        [System.Diagnostics.Eventing.Reader.PathType]::LogName,
        (Get-EventFilter -Source $Source -Since $Since)
    )
    $query.ReverseDirection = $true
    $reader = [System.Diagnostics.Eventing.Reader.EventLogReader]::new($query)
    try {
        for ($count = 0; $count -lt $Limit; $count++) {
            $record = $reader.ReadEvent()
            if ($null -eq $record) {
                break
            }
            @{
                time = ConvertTo-Epoch -Time $record.TimeCreated
                level = [int]$record.Level
                message = Get-EventText -Record $record
            }
            $record.Dispose()
        }
    }
    finally {
        $reader.Dispose()
    }
}

Function Get-ProcessName {
    <# Return the name of a process without .exe. #>
    param ($Process)

    [string]$Process.Name -replace '\.exe$', ''
}

Function Get-ProcessRow {
    <# Return what is known of a process, and of the one with its parent's number. #>
    param ($Process, $Parent)

    $row = @{ name = Get-ProcessName -Process $Process; pid = [int]$Process.ProcessId }
    $row.path = $null
    if (-not [string]::IsNullOrEmpty($Process.ExecutablePath)) {
        $row.path = [string]$Process.ExecutablePath
    }
    $row.started = $null
    if ($null -ne $Process.CreationDate) {
        $row.started = ConvertTo-Epoch -Time $Process.CreationDate
    }
    $row.parent = $null
    if ($null -ne $Process.ParentProcessId) {
        $row.parent = [int]$Process.ParentProcessId
    }
    $row.parent_name = $null
    # Windows gives the number of a process that has ended to another one, which is younger than its "child".
    if ($null -ne $Parent -and -not ($Parent.CreationDate -gt $Process.CreationDate)) {
        $row.parent_name = Get-ProcessName -Process $Parent
    }
    $row
}

Function Get-NamedProcess {
    <# Return what is known of the processes of some names. #>
    param ([string[]]$Wanted)

    $told = 'Name', 'ProcessId', 'ParentProcessId', 'ExecutablePath', 'CreationDate'
    $running = @(Get-CimInstance -ClassName Win32_Process -Property $told)
    $byId = @{}
    foreach ($one in $running) {
        $byId[[int]$one.ProcessId] = $one
    }
    foreach ($one in $running) {
        if ($Wanted -contains (Get-ProcessName -Process $one)) {
            $parent = $null
            if ($null -ne $one.ParentProcessId) {
                $parent = $byId[[int]$one.ParentProcessId]
            }
            Get-ProcessRow -Process $one -Parent $parent
        }
    }
}

# How a file is masked is module_utils/_upsmon/redact.py, and a table holds the two to each other.
$ignoringCase = [System.Text.RegularExpressions.RegexOptions]'IgnoreCase, Singleline, CultureInvariant'
$secretLine = [regex]::new(
    '\A(?:(?<lead>[^A-Za-z0-9_]*|[ \t]*(?:#|;|rem[ \t]).*?(?<![A-Za-z0-9_])(?=MONITOR[ \t]+[^ \t@]+@))' +
    '(?<name>MONITOR|CERTIDENT)(?![A-Za-z0-9_])"?(?<rest>.*)' +
    '|(?<lead>[ \t"]*)(?<name>(?![A-Z_]*CMD)[A-Z_]+)"?' +
    '(?<rest>[ \t\r\f\v]+"?[^ \t\r\f\v"@]+@[^ \t\r\f\v]+[ \t\r\f\v].*))',
    $ignoringCase)
$nutWord = [regex]'"(?:\\.|[^"\\])*"?|(?:\\.|[^ \t\r\f\v])+'
$openQuote = [regex]'\A"(?:\\.|[^"\\])*\z'

Function Get-NutWord {
    <# Return the words of a line up to a comment. #>
    param ([string]$Text)

    foreach ($one in $nutWord.Matches($Text)) {
        if ($one.Value[0] -eq '#') {
            break
        }
        $one.Value
    }
}

Function Get-MaskedLine {
    <# Return a line that may hold a password, without it; one that goes on in the next line hides what follows. #>
    param (
        [string]$Start,
        [string]$Name,
        [string]$Rest
    )

    $words = @(Get-NutWord -Text $Rest)
    $at, $expected = 3, 5
    if ($Name -eq 'CERTIDENT') {
        $at, $expected = 1, 2
    }
    if ($words.Count -gt 0 -and $words.Count -lt $expected) {
        $words = @('********')
    }
    elseif ($words.Count -gt 0) {
        $behind = @($words[$at..($words.Count - 1)] | Select-Object -Skip 1)
        $types = @($behind | Where-Object -FilterScript { 'primary', 'secondary', 'master', 'slave' -contains $_ })
        $words = @($words[0..($at - 1)]) + '********' + $types
    }
    (@($Start) + $words) -join ' '
}

Function Get-MaskedText {
    <# Return the text of a configuration file without passwords. #>
    param ([string]$Text)

    if ($Text.Contains([char]0)) {
        return '******** (and the rest of the file)'
    }
    $lines = [System.Collections.Generic.List[string]]::new()
    foreach ($line in $Text.Split([char]10)) {
        $found = $secretLine.Match($line)
        if (-not $found.Success) {
            $lines.Add($line)
            continue
        }
        $name, $rest = $found.Groups['name'].Value, $found.Groups['rest'].Value
        $start = $found.Groups['lead'].Value + $name
        $last = @(Get-NutWord -Text $rest) | Select-Object -Last 1
        $isOpen = $null -ne $last -and $openQuote.IsMatch($last)
        if ($isOpen -or $line.TrimEnd([char]13).EndsWith('\', [System.StringComparison]::Ordinal)) {
            $lines.Add("$start ******** (and the rest of the file)")
            break
        }
        $lines.Add((Get-MaskedLine -Start $start -Name $name -Rest $rest))
    }
    $lines -join "`n"
}

$source = $module.Params.event_source
if (-not [string]::IsNullOrEmpty($source) -and $source.Contains("'")) {
    $module.FailJson('event_source must not contain an apostrophe')
}
# The type float would read text in the culture of the session, and a cast would take 7,5 for 75.
$since = 0.0
$style = [System.Globalization.NumberStyles]::Float
$invariant = [System.Globalization.CultureInfo]::InvariantCulture
if (-not [double]::TryParse([string]$module.Params.events_since, $style, $invariant, [ref]$since)) {
    $module.FailJson("events_since must be a number of seconds such as 7.5, not $($module.Params.events_since)")
}

try {
    $module.Result.administrator = [bool](Test-Administrator)
    $system = Get-CimInstance -ClassName Win32_OperatingSystem -Property Caption, Version, LastBootUpTime
    $module.Result.os = @{
        name = [string]$system.Caption
        version = [string]$system.Version
    }
    $module.Result.booted = $null
    if ($null -ne $system.LastBootUpTime) {
        $module.Result.booted = ConvertTo-Epoch -Time $system.LastBootUpTime
    }
    $module.Result.architecture = Get-Architecture
    $module.Result.time = ConvertTo-Epoch -Time ([DateTime]::UtcNow)

    $acls = @{}
    foreach ($path in $module.Params.paths) {
        $acls[$path] = $null
        if (Test-Path -LiteralPath $path) {
            $acls[$path] = [string](Get-Acl -LiteralPath $path).Sddl
        }
    }
    $module.Result.acls = $acls

    $written = @{}
    foreach ($path in $module.Params.files) {
        $written[$path] = $null
        if ([System.IO.File]::Exists($path)) {  # Test-Path of 5.1 throws at some characters
            $written[$path] = ConvertTo-Epoch -Time ([System.IO.File]::GetLastWriteTimeUtc($path))
        }
    }
    $module.Result.written = $written

    $configurations = @{}
    foreach ($path in $module.Params.configurations) {
        $configurations[$path] = $null
        if ([System.IO.File]::Exists($path)) {  # Test-Path of 5.1 throws at some characters
            $bytes = [System.IO.File]::ReadAllBytes($path)
            $configurations[$path] = Get-MaskedText -Text ([System.Text.Encoding]::UTF8.GetString($bytes))
        }
    }
    $module.Result.configurations = $configurations

    $module.Result.processes = @(Get-NamedProcess -Wanted $module.Params.processes)

    # The cmdlet reports an error also where it finds nothing.
    $problems = $null
    $found = @(Get-NetTCPConnection -State Established -ErrorAction SilentlyContinue -ErrorVariable problems)
    $module.Result.connections = $null
    if (Test-OnlyNotFound -Problem $problems) {
        $module.Result.connections = @(
            foreach ($connection in $found) {
                @{
                    pid = [int]$connection.OwningProcess
                    local_address = [string]$connection.LocalAddress
                    local_port = [int]$connection.LocalPort
                    remote_address = [string]$connection.RemoteAddress
                    remote_port = [int]$connection.RemotePort
                }
            }
        )
    }

    $unanswered = $null
    $found = @(Get-NetIPAddress -AddressFamily IPv6 -ErrorAction SilentlyContinue -ErrorVariable unanswered)
    $module.Result.ipv6_addresses = $null
    if (Test-OnlyNotFound -Problem $unanswered) {
        $module.Result.ipv6_addresses = @(
            foreach ($address in $found) {
                @{
                    address = [string]$address.IPAddress
                    prefix_origin = [string]$address.PrefixOrigin
                    suffix_origin = [string]$address.SuffixOrigin
                }
            }
        )
    }

    $module.Result.hibernation = Get-Hibernation -Capabilities $module.Params.power_capabilities

    $module.Result.task_xml = $null
    if (-not [string]::IsNullOrEmpty($module.Params.task)) {
        $module.Result.task_xml = Get-TaskXml -Name $module.Params.task
    }

    $module.Result.events = @()
    $module.Result.event_message_file = $null
    if (-not [string]::IsNullOrEmpty($source)) {
        $module.Result.events = @(Get-SourceEvent -Source $source -Since $since -Limit $module.Params.event_limit)
        $key = "SYSTEM\CurrentControlSet\Services\EventLog\Application\$source"
        $module.Result.event_message_file = Get-MachineValue -Path $key -Name 'EventMessageFile'
    }

    $module.Result.nut_confpath = [System.Environment]::GetEnvironmentVariable('NUT_CONFPATH', 'Machine')
}
catch {
    $hint = ''
    if ($module.Result.administrator -eq $false) {
        $hint = ' Ansible has no administrator''s rights on this host: log in as an administrator.'
    }
    $module.FailJson("Failed to look at the NUT client: $($_.Exception.Message)$hint", $_)
}

$module.ExitJson()
