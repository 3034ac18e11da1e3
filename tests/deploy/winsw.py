#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a service definition against what WinSW 2.12 knows. WinSW ignores an
element that it does not know, so a typing mistake would never be told."""
import re
import sys
import xml.etree.ElementTree as ElementTree

DURATION = r"\d+\s*(ms|secs?|mins?|hrs?|hours?|days?)"
TEXT = r"(?s).*\S.*"
BOOL = r"true|false"
NAME = r"[A-Za-z0-9]+"
FLAG = r""
# element -> pattern of its text, or the elements within it
ELEMENTS = {
    "id": NAME, "name": TEXT, "description": TEXT, "executable": TEXT, "arguments": TEXT,
    "argument": TEXT, "startargument": TEXT, "stopexecutable": TEXT, "stopargument": TEXT,
    "workingdirectory": TEXT, "startmode": r"(?i)boot|system|automatic|manual|disabled",
    "delayedAutoStart": FLAG, "depend": TEXT, "logpath": TEXT, "logname": TEXT, "env": FLAG,
    "outfiledisabled": BOOL, "errfiledisabled": BOOL, "hidewindow": BOOL, "interactive": FLAG,
    "beeponshutdown": FLAG, "waithint": DURATION, "sleeptime": DURATION, "stoptimeout": DURATION,
    "resetfailure": DURATION, "onfailure": FLAG, "stopparentprocessfirst": BOOL,
    "priority": r"(?i)idle|belownormal|normal|abovenormal|high|realtime",
    "securityDescriptor": TEXT,
    "serviceaccount": {"domain": TEXT, "user": TEXT, "password": TEXT, "allowservicelogon": BOOL},
    "log": {"sizeThreshold": r"\d+", "keepFiles": r"\d+", "pattern": TEXT, "period": r"\d+",
            "autoRollAtTime": r"\d\d:\d\d:\d\d", "zipOlderThanNumDays": r"\d+", "zipDateFormat": TEXT},
}
ATTRIBUTES = {
    "log": {"mode": "append|reset|none|roll|roll-by-time|roll-by-size|roll-by-size-time|rotate"},
    "onfailure": {"action": "restart|reboot|none", "delay": DURATION},
    "env": {"name": TEXT, "value": TEXT},
}
NEEDED = ("id", "name", "description", "executable")
REPEATED = ("argument", "startargument", "stopargument", "depend", "onfailure", "env")


def look(parent, known, mistakes):
    seen = set()
    for element in parent:
        rule = known.get(element.tag)
        text = (element.text or "").strip()
        if rule is None:
            mistakes.append(f"<{element.tag}>: there is no such element")
            continue
        if element.tag in seen and element.tag not in REPEATED:
            mistakes.append(f"<{element.tag}>: twice")
        seen.add(element.tag)
        allowed = ATTRIBUTES.get(element.tag, {})
        for name, value in element.attrib.items():
            if name not in allowed:
                mistakes.append(f"<{element.tag} {name}>: there is no such attribute")
            elif not re.fullmatch(allowed[name], value):
                mistakes.append(f"<{element.tag} {name}>: {value!r} is not allowed")
        if isinstance(rule, dict):
            look(element, rule, mistakes)
        elif len(element) or not re.fullmatch(rule, text):
            mistakes.append(f"<{element.tag}>: {text!r} is not allowed")
    return seen


def main():
    root = ElementTree.parse(sys.argv[1]).getroot()
    mistakes = [] if root.tag == "service" else ["the root is not <service>"]
    seen = look(root, ELEMENTS, mistakes)
    mistakes += [f"<{name}> is missing" for name in NEEDED if name not in seen]
    if "stopargument" in seen and ("argument" in seen or "arguments" in seen):
        mistakes.append("<stopargument> wants <startargument>")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


sys.exit(main())
