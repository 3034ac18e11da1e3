#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a launchd property list against the keys of launchd.plist(5) that a
daemon may use, and their types. launchd itself ignores a key that it does not
know, so a typing mistake would never be told."""
import plistlib
import sys

LIMITS = {name: int for name in (
    "Core", "CPU", "Data", "FileSize", "MemoryLock", "NumberOfFiles",
    "NumberOfProcesses", "ResidentSetSize", "Stack")}
SOCKET = {
    "SockType": str, "SockPassive": bool, "SockNodeName": str, "SockServiceName": str,
    "SockFamily": str, "SockProtocol": str, "SockPathName": str, "SecureSocketWithKey": str,
    "SockPathOwner": int, "SockPathGroup": int, "SockPathMode": int, "Bonjour": bool,
    "MulticastGroup": str}
KEEP_ALIVE = {"SuccessfulExit": bool, "Crashed": bool, "PathState": {str: bool},
              "OtherJobEnabled": {str: bool}, "AfterInitialDemand": bool}
KEYS = {
    "Label": str, "Disabled": bool, "UserName": str, "GroupName": str, "Program": str,
    "ProgramArguments": [str], "RunAtLoad": bool, "KeepAlive": KEEP_ALIVE,
    "EnvironmentVariables": {str: str}, "Umask": int, "WorkingDirectory": str,
    "RootDirectory": str, "ThrottleInterval": int, "ExitTimeOut": int, "TimeOut": int,
    "InitGroups": bool, "StandardInPath": str, "StandardOutPath": str,
    "StandardErrorPath": str, "Debug": bool, "SoftResourceLimits": LIMITS,
    "HardResourceLimits": LIMITS, "Nice": int, "ProcessType": str, "AbandonProcessGroup": bool,
    "LowPriorityIO": bool, "Sockets": {str: SOCKET}, "LimitLoadToSessionType": str,
    "MachServices": {str: bool}, "WatchPaths": [str], "QueueDirectories": [str],
    "StartInterval": int, "EnableTransactions": bool, "EnablePressuredExit": bool}
CHOICES = {"ProcessType": {"Background", "Standard", "Adaptive", "Interactive"},
           "SockType": {"stream", "dgram", "seqpacket"},
           "SockFamily": {"IPv4", "IPv6", "IPv4v6", "Unix"}}


def look(value, kind, where, mistakes):
    if isinstance(kind, dict) and isinstance(value, dict):
        for key, inner in value.items():
            wanted = kind.get(key, kind.get(str))
            if wanted is None:
                mistakes.append(f"{where}{key}: no such key")
            else:
                look(inner, wanted, f"{where}{key}.", mistakes)
            if key in CHOICES and inner not in CHOICES[key]:
                mistakes.append(f"{where}{key}: {inner!r} is none of {sorted(CHOICES[key])}")
    elif isinstance(kind, list) and isinstance(value, list):
        for inner in value:
            look(inner, kind[0], where, mistakes)
    elif isinstance(kind, (dict, list)) or type(value) is not kind:
        mistakes.append(f"{where} {value!r} has the wrong type")


def main():
    with open(sys.argv[1], "rb") as file:
        job = plistlib.load(file)
    mistakes = []
    look(job, KEYS, "", mistakes)
    for key in ("Label", "ProgramArguments", "UserName", "GroupName", "Sockets"):
        if key not in job:
            mistakes.append(f"{key}: missing")
    if not mistakes:
        socket = job["Sockets"]["rpc"]
        expected = [(job["Umask"], 0o077), (socket["SockPathMode"], 0o660),
                    (socket["SockPathName"], job["EnvironmentVariables"]["GOXEL_SOCKET_PATH"])]
        mistakes += [f"{seen!r}, should be {want!r}" for seen, want in expected if seen != want]
    print("\n".join(mistakes))
    return 1 if mistakes else 0


sys.exit(main())
