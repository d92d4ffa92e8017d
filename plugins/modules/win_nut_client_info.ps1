#!powershell

# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic

$spec = @{
    options = @{
        paths = @{ type = 'list'; elements = 'str'; default = @() }
        files = @{ type = 'list'; elements = 'str'; default = @() }
        processes = @{ type = 'list'; elements = 'str'; default = @() }
        event_source = @{ type = 'str' }
        events_since = @{ type = 'raw'; default = 0 }
        event_limit = @{ type = 'int'; default = 20 }
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

Function Get-Hibernation {
    <# Return whether hibernation is on. #>
    $path = 'SYSTEM\CurrentControlSet\Control\Power'
    $value = Get-MachineValue -Path $path -Name 'HibernateEnabled'
    if ($null -eq $value) {
        $value = Get-MachineValue -Path $path -Name 'HibernateEnabledDefault'
    }
    $value -eq 1
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

Function Get-SourceEvent {
    <# Return the newest events of a source in the Application log, whether or not the source is registered. #>
    param (
        [string]$Source,
        [double]$Since,
        [int]$Limit
    )

    $filter = "Provider[@Name='$Source']"
    if ($Since -gt 0) {
        $start = $epoch.AddSeconds($Since)
        $text = $start.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [System.Globalization.CultureInfo]::InvariantCulture)
        $filter = "$filter and TimeCreated[@SystemTime>='$text']"
    }
    $query = [System.Diagnostics.Eventing.Reader.EventLogQuery]::new(
        'Application',
        [System.Diagnostics.Eventing.Reader.PathType]::LogName,
        "*[System[$filter]]"
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

Function Get-NamedProcess {
    <# Return what is known of the processes of a name. #>
    param ([string]$Name)

    foreach ($process in [System.Diagnostics.Process]::GetProcessesByName($Name)) {
        $path = $null
        $started = $null
        try {
            $path = [string]$process.MainModule.FileName
        }
        catch {
            $path = $null  # it has ended, or it is a protected process
        }
        try {
            $started = ConvertTo-Epoch -Time $process.StartTime
        }
        catch {
            $started = $null
        }
        @{
            name = [string]$process.ProcessName
            pid = [int]$process.Id
            path = $path
            started = $started
        }
        $process.Dispose()
    }
}

$source = $module.Params.event_source
if (-not [string]::IsNullOrEmpty($source) -and $source.Contains("'")) {
    $module.FailJson('event_source must not contain an apostrophe')
}
$since = 0.0
try {
    $since = [double]$module.Params.events_since
}
catch {
    $module.FailJson("events_since must be a number: $($_.Exception.Message)", $_)
}

try {
    $system = Get-CimInstance -ClassName Win32_OperatingSystem -Property Caption, Version
    $module.Result.os = @{
        name = [string]$system.Caption
        version = [string]$system.Version
    }
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
        if (Test-Path -LiteralPath $path -PathType Leaf) {
            $written[$path] = ConvertTo-Epoch -Time ([System.IO.File]::GetLastWriteTimeUtc($path))
        }
    }
    $module.Result.written = $written

    $module.Result.processes = @(
        foreach ($name in $module.Params.processes) {
            Get-NamedProcess -Name $name
        }
    )

    # The cmdlet reports an error also where it finds nothing.
    $problems = $null
    $found = @(Get-NetTCPConnection -State Established -ErrorAction SilentlyContinue -ErrorVariable problems)
    $module.Result.connections = $null
    if ($problems.Count -eq 0) {
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
    if ($unanswered.Count -eq 0) {
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

    $module.Result.hibernation = [bool](Get-Hibernation)

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
    $module.FailJson("Failed to look at the NUT client: $($_.Exception.Message)", $_)
}

$module.ExitJson()
