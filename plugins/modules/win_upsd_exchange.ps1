#!powershell

# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic

$spec = @{
    options = @{
        host = @{ type = 'str'; required = $true }
        port = @{ type = 'int'; default = 3493 }
        lines = @{
            type = 'list'
            elements = 'dict'
            required = $true
            options = @{
                send = @{ type = 'str'; required = $true }
                go_on = @{ type = 'str' }
                patience = @{ type = 'raw' }
            }
        }
        password = @{ type = 'str'; no_log = $true }
        connect_timeout = @{ type = 'raw'; default = 5.0 }
        timeout = @{ type = 'raw'; default = 10.0 }
        source_address = @{ type = 'str' }
        prefer = @{ type = 'list'; elements = 'str'; default = @() }
        reply_limit = @{ type = 'int'; default = 1048576 }
    }
    supports_check_mode = $true
}

$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Function ConvertTo-Second {
    <# Return the seconds that an option means. The type float would read text in the culture of the session. #>
    param (
        [string]$Name,
        [object]$Value
    )

    $seconds = 0.0
    $style = [System.Globalization.NumberStyles]::Float
    $invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $read = [double]::TryParse([string]$Value, $style, $invariant, [ref]$seconds)
    if (-not $read -or -not ($seconds -ge 0 -and $seconds -le [double]::MaxValue)) {
        $module.FailJson("$Name must be a number of seconds such as 7.5, not $Value")
    }
    $seconds
}

$clock = [System.Diagnostics.Stopwatch]::StartNew()
$deadline = 1000 * (ConvertTo-Second -Name 'timeout' -Value $module.Params.timeout)  # milliseconds of the clock
$patience = 1000 * (ConvertTo-Second -Name 'connect_timeout' -Value $module.Params.connect_timeout)
$limit = @{ reply = $deadline }  # the same, for the reply that is waited for

$timedOut = 10060  # Winsock's numbers
$refused = 10061
$notOurAddress = 10049

# Each byte is one character in this encoding, so that received bytes can be searched as text and come out unchanged.
$bytesAsText = [System.Text.Encoding]::GetEncoding(28591)
$ordinal = [System.StringComparison]::Ordinal

$module.Result.changed = $false
$module.Result.replies = @()
$module.Result.error = $null
$module.Result.socket_error = 0
$module.Result.message = ''
$module.Result.local_address = $null
$module.Result.peer_address = $null
$module.Result.addresses = @()
$module.Result.elapsed = 0.0

Function Write-Failure {
    <# Note in the result what ended the exchange. #>
    param (
        [string]$Kind,
        [string]$Message,
        [int]$Code = 0
    )

    $module.Result.error = $Kind
    $module.Result.message = $Message
    $module.Result.socket_error = $Code
}

Function Get-TimeLeft {
    <# Return the whole milliseconds until the deadline of the reply, 0 if it has passed. #>
    $left = [Math]::Ceiling($limit.reply - $clock.Elapsed.TotalMilliseconds)
    [int][Math]::Min([Math]::Max($left, 0), [int]::MaxValue)
}

Function Get-SocketException {
    <# Return the SocketException that PowerShell has wrapped in others, or null if there is none. #>
    param ([System.Exception]$Exception)

    $found = $Exception
    while ($null -ne $found -and $found -isnot [System.Net.Sockets.SocketException]) {
        $found = $found.InnerException
    }
    $found
}

Function Resolve-Name {
    <# Return the addresses of the host. Null, with the failure noted, if there are none. #>
    try {
        $pending = [System.Net.Dns]::BeginGetHostAddresses($module.Params.host, $null, $null)
        if (-not $pending.AsyncWaitHandle.WaitOne((Get-TimeLeft))) {
            Write-Failure -Kind 'name' -Message "$($module.Params.host): no answer from the resolver in time"
            return
        }
        [System.Net.Dns]::EndGetHostAddresses($pending)
    }
    catch {
        $socketException = Get-SocketException -Exception $_.Exception
        $code = 0
        if ($null -ne $socketException) {
            $code = [int]$socketException.SocketErrorCode
        }
        $text = $_.Exception.GetBaseException().Message
        Write-Failure -Kind 'name' -Message "$($module.Params.host): $text" -Code $code
    }
}

Function Open-Connection {
    <# Return a connected socket. Throws a SocketException. #>
    param (
        [System.Net.IPAddress]$Address,
        [System.Net.IPAddress]$Source,
        [int]$Milliseconds
    )

    $socket = [System.Net.Sockets.Socket]::new(
        $Address.AddressFamily,
        [System.Net.Sockets.SocketType]::Stream,
        [System.Net.Sockets.ProtocolType]::Tcp
    )
    try {
        if ($null -ne $Source) {
            $socket.Bind([System.Net.IPEndPoint]::new($Source, 0))
        }
        $server = [System.Net.IPEndPoint]::new($Address, $module.Params.port)
        $pending = $socket.BeginConnect($server, $null, $null)
        if (-not $pending.AsyncWaitHandle.WaitOne($Milliseconds)) {
            throw [System.Net.Sockets.SocketException]::new($timedOut)
        }
        $socket.EndConnect($pending)
    }
    catch {
        $socket.Dispose()
        throw
    }
    $socket
}

Function Get-LocalAddress {
    <# Return this host's address towards another. Connecting a UDP socket looks the route up and sends nothing. #>
    param (
        [System.Net.IPAddress]$Address,
        [System.Net.IPAddress]$Source
    )

    $socket = $null
    try {
        $socket = [System.Net.Sockets.Socket]::new(
            $Address.AddressFamily,
            [System.Net.Sockets.SocketType]::Dgram,
            [System.Net.Sockets.ProtocolType]::Udp
        )
        if ($null -ne $Source) {
            $socket.Bind([System.Net.IPEndPoint]::new($Source, 0))
        }
        $socket.Connect([System.Net.IPEndPoint]::new($Address, $module.Params.port))
        $socket.LocalEndPoint.Address.ToString()
    }
    catch {
        $null
    }
    finally {
        if ($null -ne $socket) {
            $socket.Dispose()
        }
    }
}

Function Write-ConnectFailure {
    <# Note why no address accepted. A refusal says most, since somebody answered; that an address is not ours least. #>
    param (
        [hashtable[]]$Failures,
        [System.Net.IPAddress]$Source
    )

    $telling = $Failures[0]
    foreach ($failure in $Failures) {
        if ($failure.weight -gt $telling.weight) {
            $telling = $failure
        }
    }
    $kind = 'connect'
    if ($telling.code -eq $notOurAddress -and $null -ne $Source) {
        $kind = 'source_address'
    }
    $text = ($Failures | ForEach-Object -Process { $_.text }) -join '; '
    Write-Failure -Kind $kind -Message $text -Code $telling.code
    $module.Result.local_address = Get-LocalAddress -Address $telling.address -Source $Source
}

Function Connect-Server {
    <# Return a socket connected to the first address that accepts. Null, with the failure noted, if none does. #>
    param (
        [System.Net.IPAddress[]]$Addresses,
        [System.Net.IPAddress]$Source
    )

    $failures = @()
    foreach ($address in $Addresses) {
        $wait = [int][Math]::Min((Get-TimeLeft), [Math]::Ceiling($patience))
        if ($wait -le 0) {
            break
        }
        try {
            Open-Connection -Address $address -Source $Source -Milliseconds $wait
            return
        }
        catch {
            $socketException = Get-SocketException -Exception $_.Exception
            if ($null -eq $socketException) {
                throw
            }
            $code = [int]$socketException.SocketErrorCode
            $weight = switch ($code) {
                $refused { 3 }
                $timedOut { 2 }
                $notOurAddress { 0 }
                default { 1 }
            }
            $text = "$($address): $($socketException.Message)"
            $failures += @{ address = $address; code = $code; weight = $weight; text = $text }
        }
    }
    if ($failures.Count -eq 0) {
        Write-Failure -Kind 'connect' -Message 'no address tried in time' -Code $timedOut
        return
    }
    Write-ConnectFailure -Failures $failures -Source $Source
}

Function Write-Broken {
    <# Note the SocketException with which a connection ended. #>
    param ([System.Exception]$Exception)

    $socketException = Get-SocketException -Exception $Exception
    if ($null -eq $socketException) {
        throw $Exception
    }
    $kind = 'lost'
    if ([int]$socketException.SocketErrorCode -eq $timedOut) {
        $kind = 'silent'
    }
    Write-Failure -Kind $kind -Message $socketException.Message -Code ([int]$socketException.SocketErrorCode)
}

Function Send-Line {
    <# Send a line. A failure is noted. #>
    param (
        [System.Net.Sockets.Socket]$Socket,
        [string]$Line
    )

    $left = Get-TimeLeft
    if ($left -le 0) {
        Write-Failure -Kind 'silent' -Message 'no answer in time'
        return
    }
    try {
        $Socket.SendTimeout = $left
        $bytes = [System.Text.Encoding]::ASCII.GetBytes($Line + "`n")
        $null = $Socket.Send($bytes)
    }
    catch {
        Write-Broken -Exception $_.Exception
    }
}

Function Receive-Text {
    <# Add what comes next to what was received. A failure is noted. #>
    param (
        [System.Net.Sockets.Socket]$Socket,
        [hashtable]$Received
    )

    try {
        # Poll takes microseconds; a second at a time keeps them small.
        $readable = $false
        $left = Get-TimeLeft
        while (-not $readable -and $left -gt 0) {
            $readable = $Socket.Poll([Math]::Min($left, 1000) * 1000, [System.Net.Sockets.SelectMode]::SelectRead)
            $left = Get-TimeLeft
        }
        if (-not $readable) {
            Write-Failure -Kind 'silent' -Message 'no answer in time'
            return
        }
        $chunk = [byte[]]::new(4096)
        $count = $Socket.Receive($chunk)
        if ($count -eq 0) {
            Write-Failure -Kind 'lost' -Message 'the server closed the connection'
            return
        }
        $Received.text += $bytesAsText.GetString($chunk, 0, $count)
    }
    catch {
        Write-Broken -Exception $_.Exception
    }
}

Function Add-Reply {
    <# Add what was received to the replies in the result. #>
    param ([string]$Text)

    if ($Text.Length -gt 0) {
        $module.Result.replies += [System.Convert]::ToBase64String($bytesAsText.GetBytes($Text))
    }
}

Function Receive-Reply {
    <# Return the first line of a reply, and add the whole reply to the result, or the part of it that came. #>
    param (
        [System.Net.Sockets.Socket]$Socket,
        [hashtable]$Received
    )

    $reply = [System.Text.StringBuilder]::new()
    $first = $null
    while ($null -eq $module.Result.error) {
        $end = $Received.text.IndexOf([char]10)
        $size = if ($end -lt 0) { $Received.text.Length } else { $end + 1 }
        if ($reply.Length + $size -gt $module.Params.reply_limit) {
            Write-Failure -Kind 'too_long' -Message "a reply longer than $($module.Params.reply_limit) bytes"
            return
        }
        if ($end -lt 0) {
            Receive-Text -Socket $Socket -Received $Received
            continue
        }
        $line = $Received.text.Substring(0, $size)
        $Received.text = $Received.text.Substring($size)
        $null = $reply.Append($line)
        if ($null -eq $first) {
            $first = $line.TrimEnd([char]13, [char]10)
            $complete = -not $line.StartsWith('BEGIN LIST ', $ordinal)
        }
        else {
            $complete = $line.StartsWith('END LIST ', $ordinal) -or $line.StartsWith('ERR ', $ordinal)
        }
        if ($complete) {
            Add-Reply -Text ($reply.ToString())
            return $first
        }
    }
    Add-Reply -Text ($reply.ToString() + $Received.text)
}

Function Invoke-Conversation {
    <# Send the lines and receive the replies. #>
    param ([System.Net.Sockets.Socket]$Socket)

    $received = @{ text = '' }
    foreach ($line in $module.Params.lines) {
        $text = $line.send
        if ($null -ne $module.Params.password) {
            $text = $text.Replace('{password}', $module.Params.password)
        }
        $limit.reply = $deadline
        if ($null -ne $line.patience) {
            $limit.reply = [Math]::Min($deadline, $clock.Elapsed.TotalMilliseconds + 1000 * $line.patience)
        }
        Send-Line -Socket $Socket -Line $text
        if ($null -ne $module.Result.error) {
            return
        }
        $first = Receive-Reply -Socket $Socket -Received $received
        if ($null -ne $module.Result.error) {
            return
        }
        if (-not [string]::IsNullOrEmpty($line.go_on) -and $first -cnotmatch $line.go_on) {
            return
        }
    }
}

Function Invoke-Exchange {
    <# Connect and hold the conversation. #>
    $addresses = @(Resolve-Name)
    if ($null -ne $module.Result.error) {
        return
    }
    $module.Result.addresses = @($addresses | ForEach-Object -Process { $_.ToString() })
    $preferred = @($addresses | Where-Object -FilterScript { $module.Params.prefer -contains $_.ToString() })
    $others = @($addresses | Where-Object -FilterScript { $module.Params.prefer -notcontains $_.ToString() })
    $addresses = @($preferred) + @($others)
    $source = $null
    if (-not [string]::IsNullOrEmpty($module.Params.source_address)) {
        if (-not [System.Net.IPAddress]::TryParse($module.Params.source_address, [ref]$source)) {
            Write-Failure -Kind 'source_address' -Message "$($module.Params.source_address) is not an IP address"
            return
        }
        $addresses = @($addresses | Where-Object -FilterScript { $_.AddressFamily -eq $source.AddressFamily })
        if ($addresses.Count -eq 0) {
            $text = "$($module.Params.host) has no address of the family of $($module.Params.source_address)"
            Write-Failure -Kind 'source_address' -Message $text
            return
        }
    }

    $socket = Connect-Server -Addresses $addresses -Source $source
    if ($null -eq $socket) {
        return
    }
    try {
        $module.Result.local_address = $socket.LocalEndPoint.Address.ToString()
        $module.Result.peer_address = $socket.RemoteEndPoint.Address.ToString()
        Invoke-Conversation -Socket $socket
    }
    finally {
        $socket.Dispose()
    }
}

if ([string]::IsNullOrWhiteSpace($module.Params.host)) {
    $module.FailJson('host must not be empty')
}
if ($module.Params.port -lt 1 -or $module.Params.port -gt 65535) {
    $module.FailJson("port must be from 1 to 65535, not $($module.Params.port)")
}
foreach ($line in $module.Params.lines) {
    if ($null -ne $line.patience) {
        $line.patience = ConvertTo-Second -Name 'patience' -Value $line.patience
    }
}

try {
    Invoke-Exchange
}
catch {
    $module.FailJson("The exchange with $($module.Params.host) failed: $($_.Exception.Message)", $_)
}

$module.Result.elapsed = [Math]::Round($clock.Elapsed.TotalSeconds, 3)
$module.ExitJson()
