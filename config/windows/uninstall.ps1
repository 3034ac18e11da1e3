# SPDX-License-Identifier: Apache-2.0
<#
.SYNOPSIS
Takes goxel-daemon away that install.ps1 installed.

.DESCRIPTION
Not run on Windows yet. Projects, settings and logs stay, unless -Purge is given
and you say yes. May be run again. -WhatIf tells what would be done.

.PARAMETER Prefix
Where the programs are.

.PARAMETER Purge
Remove projects, settings and logs, too; asks first.

.PARAMETER Force
Do not ask.

.EXAMPLE
.\uninstall.ps1 -WhatIf
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Prefix = (Join-Path $env:ProgramFiles 'Goxel'),
    [switch] $Purge,
    [switch] $Force
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

function Assert-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'An administrator must run this: start PowerShell with "Run as administrator".'
    }
}

function Remove-IfEmpty {
    param([string] $Path)
    if ((Test-Path -LiteralPath $Path) -and -not (Get-ChildItem -LiteralPath $Path -Force)) {
        Invoke-Change $Path 'remove the empty directory' { Remove-Item -LiteralPath $Path }
    }
}

if (-not $WhatIfPreference) {
    Assert-Administrator
}

$installed = Get-Service -Name $service -ErrorAction SilentlyContinue
if ($null -ne $installed) {
    if ($installed.Status -ne 'Stopped') {
        Invoke-Change $service 'stop' { Stop-Service -Name $service }
    }
    Invoke-Change $service 'take the service away' {
        & sc.exe delete $service | Out-Null
        if ($LASTEXITCODE -ne 0) {
            throw "sc.exe delete ended with exit code $LASTEXITCODE"
        }
    }
}

# Only what is ours: the directory may have been somebody else's before.
$files = @($wrapper, $definition)
if (Test-Path -LiteralPath $bin) {
    $files += @(Get-ChildItem -LiteralPath $bin -File | Where-Object { @('.exe', '.dll') -contains $_.Extension } |
        ForEach-Object { $_.FullName })
}
foreach ($file in $files) {
    if (Test-Path -LiteralPath $file -PathType Leaf) {
        Invoke-Change $file 'remove' { Remove-Item -LiteralPath $file -Force }
    }
}
Remove-IfEmpty $bin
Remove-IfEmpty $Prefix

if ($Purge -and (Test-Path -LiteralPath $data)) {
    Invoke-Change $data 'remove all projects, settings and logs' {
        if ($Force -or $script:Cmdlet.ShouldContinue("All projects in $data are lost. There is no way back.", 'Remove the data?')) {
            Remove-Item -LiteralPath $data -Recurse -Force
        }
    }
} elseif (Test-Path -LiteralPath $data) {
    Write-Output "Projects and settings stay in $data (remove them with -Purge)."
}
