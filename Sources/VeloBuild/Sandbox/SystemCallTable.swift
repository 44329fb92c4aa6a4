/// The numbers of the system calls that the filter names. The two processors share those above 424.
struct SystemCallTable {
    /// Answered with "not permitted".
    let refused: [UInt32]
    /// Answered with "no such call".
    let absent: [UInt32]
    let clone: UInt32
    let ioctl: UInt32
    let socket: UInt32
    let socketPair: UInt32

    init(_ processor: SystemCallFilter.Processor) {
        let groups = [Self.mounting, Self.namespaces, Self.otherProcesses, Self.keys, Self.machine]
        let column = processor == .x86_64 ? 0 : 1
        refused = groups.flatMap { $0 }.map { column == 0 ? $0.x86 : $0.arm }.filter { $0 != Self.none }
        absent = [
            435,  // clone3: its flags are behind a pointer, where a filter cannot look
            425, 426, 427,  // io_uring_setup, _enter, _register
        ]
        (clone, ioctl, socket, socketPair) = processor == .x86_64 ? (56, 16, 41, 53) : (220, 29, 198, 199)
    }

    private typealias Call = (x86: UInt32, arm: UInt32)
    private static let none = UInt32.max

    private static let mounting: [Call] = [
        (165, 40),  // mount
        (166, 39),  // umount2
        (155, 41),  // pivot_root
        (161, 51),  // chroot
        (428, 428),  // open_tree
        (429, 429),  // move_mount
        (430, 430),  // fsopen
        (431, 431),  // fsconfig
        (432, 432),  // fsmount
        (433, 433),  // fspick
        (442, 442),  // mount_setattr
        (167, 224),  // swapon
        (168, 225),  // swapoff
        (179, 60),  // quotactl
        (443, 443),  // quotactl_fd
        (304, 265),  // open_by_handle_at
        (303, 264),  // name_to_handle_at
        (300, 262),  // fanotify_init
    ]

    private static let namespaces: [Call] = [
        (272, 97),  // unshare
        (308, 268),  // setns
    ]

    private static let otherProcesses: [Call] = [
        (101, 117),  // ptrace
        (310, 270),  // process_vm_readv
        (311, 271),  // process_vm_writev
        (312, 272),  // kcmp
        (438, 438),  // pidfd_getfd
        (440, 440),  // process_madvise
        (298, 241),  // perf_event_open
        (321, 280),  // bpf
        (323, 282),  // userfaultfd
        (256, 238),  // migrate_pages
        (279, 239),  // move_pages
    ]

    private static let keys: [Call] = [
        (248, 217),  // add_key
        (249, 218),  // request_key
        (250, 219),  // keyctl
    ]

    private static let machine: [Call] = [
        (246, 104),  // kexec_load
        (320, 294),  // kexec_file_load
        (175, 105),  // init_module
        (313, 273),  // finit_module
        (176, 106),  // delete_module
        (169, 142),  // reboot
        (163, 89),  // acct
        (103, 116),  // syslog
        (164, 170),  // settimeofday
        (227, 112),  // clock_settime
        (159, 171),  // adjtimex
        (305, 266),  // clock_adjtime
        (170, 161),  // sethostname
        (171, 162),  // setdomainname
        (153, 58),  // vhangup
        (172, none),  // iopl
        (173, none),  // ioperm
        (154, none),  // modify_ldt
        (134, none),  // uselib
        (212, 18),  // lookup_dcookie
    ]
}
