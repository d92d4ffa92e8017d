<#
Runs PowerShell modules of Ansible, one after the other in one runspace, which is emptied after each.

It does what ansible-core's wrapper does around a module (ansible/executor/powershell/module_wrapper.ps1) and runs on
PowerShell 7. A job is one line of JSON on the Unix socket, its answer another:

name       the module's name, for its messages
script     its text
arguments  its arguments
culture    the session's culture, such as de-DE; without it the invariant one
before     PowerShell that is run first in the runspace: functions in place of cmdlets that only Windows has
doubles    texts of functions in place of the script's own, by name, where it uses classes that only Windows has
#>
param (
    [Parameter(Mandatory)] [string]$Ansible, # the folder of an installed ansible-core's Python package
    [Parameter(Mandatory)] [string]$Socket # its path
)

$ErrorActionPreference = 'Stop'
$compiled = @{} # scripts by their text

Function ConvertTo-Argument {
    # As Windows PowerShell 5.1 reads JSON: Hashtables, and numbers as Int32 or Decimal (JavaScriptSerializer).
    param ($Value)

    if ($Value -is [System.Collections.IDictionary]) {
        $table = @{}
        foreach ($key in $Value.Keys) { $table[$key] = ConvertTo-Argument $Value[$key] }
        return $table
    }
    if ($Value -is [System.Collections.IList]) {
        $list = [System.Collections.ArrayList]::new()
        foreach ($item in $Value) { $null = $list.Add((ConvertTo-Argument $item)) }
        return , $list
    }
    if ($Value -is [long] -and [Math]::Abs($Value) -le [int]::MaxValue) { return [int]$Value }
    if ($Value -is [double]) { return [decimal]$Value }
    $Value
}

Function ConvertTo-Ast {
    param ([string]$Name, [string]$Text)

    $problems = $null
    $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, $Name, [ref]$null, [ref]$problems)
    if ($problems) { throw "$Name`: $($problems -join "`n")" }
    $ast
}

Function Join-Double {
    # Return the text of a script with functions in place of its own of the same names.
    param ([string]$Name, [string]$Text, [System.Collections.IDictionary]$Doubles)

    foreach ($function in $Doubles.Keys) {
        $found = (ConvertTo-Ast $Name $Text).FindAll({
                $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] -and $args[0].Name -eq $function
            }, $true)
        if ($found.Count -ne 1) { throw "$Name has no function $function to be replaced" }
        $extent = $found[0].Extent
        $head, $tail = $Text.Substring(0, $extent.StartOffset), $Text.Substring($extent.EndOffset)
        $Text = "$($head)Function $function { $($Doubles[$function]) }$tail"
    }
    $Text
}

Function Clear-Runspace {
    # Forget variables and functions. A runspace for each module would take a sixth of a second more.
    $runspace.ResetRunspaceState()
    $shell = [PowerShell]::Create()
    $shell.Runspace = $runspace
    $null = $shell.AddScript('param ($kept) Get-Item function:* | Where-Object { -not $kept.Contains($_.Name) } | Remove-Item')
    $null = $shell.AddArgument($functions).Invoke()
    $shell.Dispose()
}

Function Invoke-Module {
    # Return what a module printed, and what was seen of its session.
    param ([System.Collections.IDictionary]$Job)

    $text = Join-Double $Job.name $Job.script $(if ($Job.doubles) { $Job.doubles } else { @{} })
    if (-not $compiled.Contains($text)) { $compiled[$text] = (ConvertTo-Ast $Job.name $text).GetScriptBlock() }
    $module = $compiled[$text]
    $shell = [PowerShell]::Create()
    $writer = [System.IO.StringWriter]::new()
    $out, $culture = [Console]::Out, [CultureInfo]::CurrentCulture
    try {
        $runspace.SessionStateProxy.SetVariable('ErrorActionPreference', 'Stop')
        $runspace.SessionStateProxy.SetVariable('complex_args', (ConvertTo-Argument $Job.arguments))
        $shell.Runspace = $runspace
        if ($Job.before) { $null = $shell.AddScript($Job.before, $false).AddStatement() }
        $null = $shell.AddScript('$global:cultureSeen = [CultureInfo]::CurrentCulture.Name').AddStatement()
        $null = $shell.AddScript('${function:<AnsibleModule>} = $args[0]', $false).AddArgument($module).AddStatement()
        $null = $shell.AddCommand('<AnsibleModule>', $false)
        [Console]::SetOut($writer)
        [CultureInfo]::CurrentCulture = [CultureInfo]::new([string]$Job.culture)
        $rest = @($shell.Invoke())
        @{
            output = $writer.ToString()
            rest = @($rest | ForEach-Object { [string]$_ })
            errors = @($shell.Streams.Error | ForEach-Object { [string]$_ })
            culture = $runspace.SessionStateProxy.GetVariable('cultureSeen')
            status = $runspace.SessionStateProxy.GetVariable('LASTEXITCODE')
        }
    }
    finally {
        [Console]::SetOut($out)
        [CultureInfo]::CurrentCulture = $culture
        $shell.Dispose()
        Clear-Runspace
    }
}

Function Get-Answer {
    param ([string]$Line)

    try {
        Invoke-Module ($Line | ConvertFrom-Json -AsHashtable)
    }
    catch {
        $inner = $_.Exception.InnerException.ErrorRecord
        @{ thrown = [string]$(if ($inner) { $inner } else { $_ }) }
    }
}

$addType = [System.IO.File]::ReadAllText("$Ansible/module_utils/powershell/Ansible.ModuleUtils.AddType.psm1")
New-Module -Name Ansible.ModuleUtils.AddType -ScriptBlock ([ScriptBlock]::Create($addType)) | Import-Module
Add-CSharpType -References ([System.IO.File]::ReadAllText("$Ansible/module_utils/csharp/Ansible.Basic.cs"))

$runspace = [RunspaceFactory]::CreateRunspace([InitialSessionState]::CreateDefault())
$runspace.ThreadOptions = 'UseCurrentThread' # whose culture is set for each module
$runspace.Open()
$shell = [PowerShell]::Create()
$shell.Runspace = $runspace
$functions = [System.Collections.Generic.HashSet[string]]::new()
foreach ($function in $shell.AddScript('Get-Item function:*').Invoke()) { $null = $functions.Add($function.Name) }

$listener = [System.Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
$listener.Bind([System.Net.Sockets.UnixDomainSocketEndPoint]::new($Socket))
$listener.Listen(8)
[Console]::Out.WriteLine('ready')
while ($true) {
    $stream = [System.Net.Sockets.NetworkStream]::new($listener.Accept(), $true)
    try {
        $line = [System.IO.StreamReader]::new($stream).ReadLine()
        if ($line) {
            $answer = (Get-Answer $line | ConvertTo-Json -Depth 9 -Compress) + "`n"
            $stream.Write([System.Text.Encoding]::UTF8.GetBytes($answer))
        }
    }
    catch [System.IO.IOException] {
        $null = $_ # the asker has gone
    }
    finally {
        $stream.Dispose()
    }
}
