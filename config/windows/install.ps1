# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Installs goxel-daemon as a Windows service, or brings an installation up to date.

.DESCRIPTION
Not run on Windows yet, and there is no build of the daemon for Windows
(config/README.md, "Windows"). May be run again at any time. Settings that are
there are never overwritten: newer ones are put beside them as
daemon_config.json.new. -WhatIf tells what would be done.

.PARAMETER Programs
The directory with goxel-daemon.exe and goxelctl.exe.

.PARAMETER WinSW
WinSW-x64.exe of WinSW 2.12, which you have downloaded.

.PARAMETER WinSWSha256
What its SHA-256 must be.

.PARAMETER Prefix
Where the programs go.

.PARAMETER NoStart
Do not start the service.

.EXAMPLE
.\install.ps1 -Programs .\bin -WinSW .\WinSW-x64.exe -WhatIf
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)] [string] $Programs,
    [Parameter(Mandatory = $true)] [string] $WinSW,
    [string] $WinSWSha256,
    [string] $Prefix = (Join-Path $env:ProgramFiles 'Goxel'),
    [switch] $NoStart
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$script:Cmdlet = $PSCmdlet

$service = 'GoxelDaemon'
$data = Join-Path $env:ProgramData 'Goxel'
$bin = Join-Path $Prefix 'bin'
$wrapper = Join-Path $Prefix 'goxel-daemon.exe'
$definition = Join-Path $Prefix 'goxel-daemon.xml'

# All that changes the system goes through here, so that -WhatIf is complete.
function Invoke-Change {
    param([string] $Target, [string] $Action, [scriptblock] $Change)
    if ($script:Cmdlet.ShouldProcess($Target, $Action)) {
        & $Change
    }
}

function Assert-ExitCode {
    param([string] $What)
    if ($LASTEXITCODE -ne 0) {
        throw "$What ended with exit code $LASTEXITCODE"
    }
}

function Assert-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'An administrator must run this: start PowerShell with "Run as administrator".'
    }
}

function Test-SameFile {
    param([string] $A, [string] $B)
    if (-not (Test-Path -LiteralPath $B -PathType Leaf)) {
        return $false
    }
    return (Get-FileHash -LiteralPath $A).Hash -eq (Get-FileHash -LiteralPath $B).Hash
}

function Update-File {
    param([string] $From, [string] $To)
    if (-not (Test-SameFile $From $To)) {
        Invoke-Change $To 'write' { Copy-Item -LiteralPath $From -Destination $To -Force }
    }
}

function Confirm-Directory {
    param([string] $Path)
    if (-not (Test-Path -LiteralPath $Path -PathType Container)) {
        Invoke-Change $Path 'make the directory' { New-Item -ItemType Directory -Path $Path -Force | Out-Null }
    }
}

function Get-Installed {
    return Get-Service -Name $service -ErrorAction SilentlyContinue
}

function Install-Settings {
    $from = Join-Path $PSScriptRoot 'daemon_config.json'
    $to = Join-Path $data 'daemon_config.json'
    if (-not (Test-Path -LiteralPath $to)) {
        Update-File $from $to
    } elseif (-not (Test-SameFile $from $to)) {
        Update-File $from "$to.new"
    }
}

# Settings can be read by the service, data and logs written; others than
# administrators see nothing.
function Set-Access {
    $own = "NT SERVICE\$service"
    Invoke-Change $service 'give the service a SID of its own' {
        & sc.exe sidtype $service unrestricted | Out-Null
        Assert-ExitCode 'sc.exe sidtype'
    }
    Invoke-Change $data "let only administrators, the system and $own in" {
        & icacls.exe $data /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' "${own}:(OI)(CI)RX" /Q
        Assert-ExitCode 'icacls.exe'
        foreach ($each in @('data', 'logs')) {
            & icacls.exe (Join-Path $data $each) /grant:r "${own}:(OI)(CI)M" /Q
            Assert-ExitCode 'icacls.exe'
        }
    }
}

foreach ($file in @((Join-Path $Programs 'goxel-daemon.exe'), (Join-Path $Programs 'goxelctl.exe'), $WinSW)) {
    if (-not (Test-Path -LiteralPath $file -PathType Leaf)) {
        throw "There is no file $file."
    }
}
if ($WinSWSha256 -and (Get-FileHash -LiteralPath $WinSW -Algorithm SHA256).Hash -ne $WinSWSha256) {
    throw "$WinSW has another SHA-256 than $WinSWSha256; it is not used."
}
if (-not $WhatIfPreference) {
    Assert-Administrator
}

# A program that runs cannot be replaced.
$installed = Get-Installed
$newDefinition = Join-Path $PSScriptRoot 'goxel-daemon.xml'
$mustRegister = ($null -eq $installed) -or -not (Test-SameFile $newDefinition $definition)
if ($null -ne $installed -and $installed.Status -ne 'Stopped') {
    Invoke-Change $service 'stop' { Stop-Service -Name $service }
}
if ($null -ne $installed -and $mustRegister) {
    Invoke-Change $service 'take the old definition away' {
        & $wrapper uninstall
        Assert-ExitCode "$wrapper uninstall"
    }
}

foreach ($directory in @($Prefix, $bin, $data, (Join-Path $data 'data'), (Join-Path $data 'logs'))) {
    Confirm-Directory $directory
}
foreach ($program in @(Get-ChildItem -LiteralPath $Programs -File | Where-Object { @('.exe', '.dll') -contains $_.Extension })) {
    Update-File $program.FullName (Join-Path $bin $program.Name)
}
Update-File $WinSW $wrapper
Update-File $newDefinition $definition
Install-Settings

if ($mustRegister) {
    Invoke-Change $service 'register the service' {
        & $wrapper install
        Assert-ExitCode "$wrapper install"
    }
}
Set-Access
if (-not $NoStart) {
    Invoke-Change $service 'start' { Start-Service -Name $service }
}
