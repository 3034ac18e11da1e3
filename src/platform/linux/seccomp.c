/* SPDX-License-Identifier: Apache-2.0
 * The system calls that a voxel server never makes, refused with EPERM. A list
 * of what is forbidden, not of what is allowed: libraries begin to use new
 * calls without asking, and a server that breaks after an update of its C
 * library would have its sandbox switched off. Calls with a successor that a
 * filter cannot look into get ENOSYS, so that libraries fall back. */
#include "platform/sandbox_internal.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// clang-format off
static const char *const FORBIDDEN[] = {
    /* other processes' memory and state */
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
    "process_madvise",
    /* file systems */
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "pivot_root", "chroot",
    "open_by_handle_at", "quotactl", "quotactl_fd", "fanotify_init",
    /* the kernel and the machine */
    "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "create_module", "bpf", "perf_event_open", "reboot",
    "swapon", "swapoff", "acct", "syslog", "iopl", "ioperm", "modify_ldt",
    "vm86", "lookup_dcookie", "sethostname", "setdomainname", "settimeofday",
    "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64",
    "adjtimex", "stime", "vhangup",
    /* keys, name spaces, page faults handled in user space */
    "add_key", "keyctl", "request_key", "unshare", "setns", "userfaultfd",
};
static const char *const HIDDEN[] = {
    "clone3", /* its flags are in memory; clone's are not */
};
/* What a ring does goes round the filter. */
static const char *const RINGS[] = {
    "io_uring_setup", "io_uring_enter", "io_uring_register",
};
static const unsigned NEW_NAMESPACES[] = {
    CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
    CLONE_NEWNET, CLONE_NEWCGROUP, 0x80u /* CLONE_NEWTIME */,
};
/* Raw packets and the families with a history of holes; what stays is local,
 * internet and netlink sockets. */
static const unsigned FAMILIES[] = {
    AF_AX25, AF_IPX, AF_APPLETALK, AF_X25, AF_KEY, AF_PACKET, AF_RDS, AF_LLC,
    AF_CAN, AF_TIPC, AF_BLUETOOTH, AF_PHONET, AF_IEEE802154, AF_CAIF, AF_ALG,
    AF_NFC, AF_VSOCK, AF_KCM, AF_QIPCRTR, AF_SMC, AF_XDP,
};
// clang-format on

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A name that this library or architecture does not know is no hole: it has no
 * number here, or is newer than what we list. */
static int forbid(scmp_filter_ctx ctx, const char *name, int error)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0)
        return 0;
    return seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint16_t)error), number, 0);
}

static int forbid_when(
        scmp_filter_ctx ctx, const char *name, struct scmp_arg_cmp compare)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0)
        return 0;
    return seccomp_rule_add_array(
            ctx, SCMP_ACT_ERRNO(EPERM), number, 1, &compare);
}

static int forbid_by_argument(scmp_filter_ctx ctx)
{
    int rc = 0;
    for (size_t i = 0; i < COUNT(NEW_NAMESPACES) && rc == 0; i++)
        rc = forbid_when(ctx, "clone",
                SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES[i],
                        NEW_NAMESPACES[i]));
    for (size_t i = 0; i < COUNT(FAMILIES) && rc == 0; i++)
        rc = forbid_when(ctx, "socket", SCMP_A0_32(SCMP_CMP_EQ, FAMILIES[i]));
    /* Typing into the terminal that started us. */
    if (rc == 0)
        rc = forbid_when(ctx, "ioctl", SCMP_A1_32(SCMP_CMP_EQ, TIOCSTI));
    if (rc == 0)
        rc = forbid_when(ctx, "ioctl", SCMP_A1_32(SCMP_CMP_EQ, TIOCLINUX));
    /* Asking is allowed, changing is not. */
    if (rc == 0)
        rc = forbid_when(
                ctx, "personality", SCMP_A0_32(SCMP_CMP_NE, 0xffffffffu));
    return rc;
}

/* A filter that allows all, for all threads. NULL: no memory. */
static scmp_filter_ctx new_filter(int *rc)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    *rc = ctx != NULL ? 0 : -ENOMEM;
    /* Calls of another architecture (32-bit ones) would go round the list. */
    if (*rc == 0)
        *rc = seccomp_attr_set(
                ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    if (*rc == 0)
        *rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    return ctx;
}

static int forbid_all(
        scmp_filter_ctx ctx, const char *const *names, size_t count, int error)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = forbid(ctx, names[i], error);
    return rc;
}

static int load(scmp_filter_ctx ctx, int rc)
{
    if (rc == 0)
        rc = seccomp_load(ctx);
    if (ctx != NULL)
        seccomp_release(ctx);
    return -rc;
}

int gox__seccomp_hide_rings(void)
{
    int rc;
    scmp_filter_ctx ctx = new_filter(&rc);
    if (rc == 0)
        rc = forbid_all(ctx, RINGS, COUNT(RINGS), ENOSYS);
    return load(ctx, rc);
}

int gox__seccomp_enter(void)
{
    int rc;
    scmp_filter_ctx ctx = new_filter(&rc);
    if (rc == 0)
        rc = forbid_all(ctx, FORBIDDEN, COUNT(FORBIDDEN), EPERM);
    if (rc == 0)
        rc = forbid_all(ctx, HIDDEN, COUNT(HIDDEN), ENOSYS);
    if (rc == 0)
        rc = forbid_all(ctx, RINGS, COUNT(RINGS), ENOSYS);
    if (rc == 0)
        rc = forbid_by_argument(ctx);
    return load(ctx, rc);
}
