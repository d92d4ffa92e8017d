#!powershell

# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -CSharpUtil Ansible.Privilege

$spec = @{
    options = @{
        folders = @{
            type = 'list'
            elements = 'dict'
            required = $true
            options = @{
                path = @{ type = 'str'; required = $true }
                sddl = @{ type = 'str'; required = $true }
                recurse = @{ type = 'bool'; default = $false }
            }
        }
    }
    supports_check_mode = $true
}

$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

Function Enable-Right {
    <# Turn on what an administrator needs to give away what is not his; whoever called this disposes of it. #>

    [Ansible.Privilege.PrivilegeEnabler]::new(
        $false,
        [string[]]@('SeBackupPrivilege', 'SeRestorePrivilege', 'SeTakeOwnershipPrivilege')
    )
}

Function Get-Descriptor {
    <# Return owner and access rules of a file or folder in SDDL, or null if it does not exist. #>
    param ([string]$Path)

    if (Test-Path -LiteralPath $Path) {
        (Get-Acl -LiteralPath $Path).GetSecurityDescriptorSddlForm('Owner, Access')
    }
}

Function Test-Link {
    <# Return whether a file or folder is a link or a junction, of which -Recurse of 5.1 follows both. #>
    param ($Item)

    ([int]$Item.Attributes -band [int][System.IO.FileAttributes]::ReparsePoint) -ne 0
}

Function Get-Child {
    <# Return the paths of all that is in a folder. A link is refused: what it leads to is not ours to give away. #>
    param ([string]$Path)

    foreach ($child in Get-ChildItem -LiteralPath $Path -Force) {
        if (Test-Link -Item $child) {
            throw "$($child.FullName) is a link; remove it"
        }
        $child.FullName
        if ($child.PSIsContainer) {
            Get-Child -Path $child.FullName
        }
    }
}

Function Assert-NoLink {
    <# Throw where a folder that is to be closed is a link to another one. #>
    param ([string]$Path)

    if ((Test-Path -LiteralPath $Path) -and (Test-Link -Item (Get-Item -LiteralPath $Path -Force))) {
        throw 'it is a link; remove it'
    }
}

Function Add-Folder {
    <# Create a folder that never had any other rights; those above it are plain ones. #>
    param (
        [string]$Path,
        [string]$Sddl
    )

    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Path))
    $security = [System.Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm($Sddl, 'Owner, Access')
    [void][System.IO.Directory]::CreateDirectory($Path, $security)
}

Function Set-Descriptor {
    <# Give a folder an owner and rules of its own in place of those that it has. #>
    param (
        [string]$Path,
        [string]$Sddl
    )

    $security = [System.Security.AccessControl.DirectorySecurity]::new()
    $security.SetSecurityDescriptorSddlForm($Sddl, 'Owner, Access')
    [System.IO.DirectoryInfo]::new($Path).SetAccessControl($security)
}

Function Set-Owner {
    <# Give a file or folder to an account, in SDDL's letters. #>
    param (
        [string]$Path,
        [string]$Owner
    )

    $security = Get-Acl -LiteralPath $Path
    $security.SetSecurityDescriptorSddlForm("O:$Owner", 'Owner')
    (Get-Item -LiteralPath $Path -Force).SetAccessControl($security)
}

Function Get-OwnerPart {
    <# Return the owner in a security descriptor. #>
    param ([string]$Sddl)

    [regex]::Match($Sddl, '^O:(.+?)(?:[GD]:|$)').Groups[1].Value
}

Function Get-OwnPart {
    <# Return what is not inherited of a security descriptor, so that two can be compared. #>
    param ([string]$Sddl)

    $protected = [regex]::Match($Sddl, 'D:([A-Z]*)').Groups[1].Value.Contains('P')
    $rules = foreach ($rule in [regex]::Matches($Sddl, '\([^;()]*;([^;()]*);[^()]*\)')) {
        if (-not $rule.Groups[1].Value.Contains('ID')) {
            $rule.Value
        }
    }
    '{0} {1} {2}' -f (Get-OwnerPart -Sddl $Sddl), $protected, (($rules | Sort-Object) -join '')
}

Function Set-Folder {
    <# Bring one folder to its rights and return what was done: created, corrected, or nothing. #>
    param (
        [string]$Path,
        [string]$Sddl,
        [bool]$CheckMode
    )

    $wanted = Get-OwnPart -Sddl $Sddl
    $there = Get-Descriptor -Path $Path
    if ($there -and (Get-OwnPart -Sddl $there) -ceq $wanted) {
        return
    }
    if ($CheckMode) {
        if ($there) { 'corrected' } else { 'created' }
        return
    }
    if (-not $there) {
        Add-Folder -Path $Path -Sddl $Sddl
        # Where somebody has made it in between, it was left as it is.
        if ((Get-OwnerPart -Sddl (Get-Descriptor -Path $Path)) -cne (Get-OwnerPart -Sddl $Sddl)) {
            throw 'somebody else has created it at the same moment'
        }
    }
    if ((Get-OwnPart -Sddl (Get-Descriptor -Path $Path)) -cne $wanted) {
        Set-Descriptor -Path $Path -Sddl $Sddl
    }
    $now = Get-Descriptor -Path $Path
    if ((Get-OwnPart -Sddl $now) -cne $wanted) {
        throw "its rights stayed $now"
    }
    if ($there) { 'corrected' } else { 'created' }
}

Function Set-ChildOwner {
    <# Give all that is in a folder to its owner and return the paths that were somebody else's. #>
    param (
        [string]$Path,
        [string]$Owner,
        [bool]$CheckMode
    )

    foreach ($child in Get-Child -Path $Path) {
        if ((Get-OwnerPart -Sddl (Get-Descriptor -Path $child)) -cne $Owner) {
            if (-not $CheckMode) {
                Set-Owner -Path $child -Owner $Owner
            }
            $child
        }
    }
}

$created = [System.Collections.Generic.List[string]]::new()
$corrected = [System.Collections.Generic.List[string]]::new()
$before = [System.Collections.Generic.List[string]]::new()
$after = [System.Collections.Generic.List[string]]::new()
$right = Enable-Right
$path = ''
try {
    foreach ($folder in $module.Params.folders) {
        $path = $folder.path
        Assert-NoLink -Path $path
        $there = Get-Descriptor -Path $path
        $done = Set-Folder -Path $path -Sddl $folder.sddl -CheckMode $module.CheckMode
        if ($done) {
            if ($there) {
                $before.Add("$path $there")
            }
            $after.Add("$path $($folder.sddl)")
        }
        if ($done -eq 'created') {
            $created.Add($path)
        }
        elseif ($done -eq 'corrected') {
            $corrected.Add($path)
        }
        if ($folder.recurse -and $there) {
            $owner = Get-OwnerPart -Sddl $folder.sddl
            foreach ($child in Set-ChildOwner -Path $path -Owner $owner -CheckMode $module.CheckMode) {
                $corrected.Add($child)
                $after.Add("$child O:$owner")
            }
        }
    }
}
catch {
    $module.FailJson("$path cannot be given its rights: $($_.Exception.Message)", $_)
}
finally {
    $right.Dispose()
}

$module.Result.created = $created
$module.Result.corrected = $corrected
$module.Result.changed = ($created.Count + $corrected.Count) -gt 0
$module.Diff.before = $before -join "`n"
$module.Diff.after = $after -join "`n"

$module.ExitJson()
