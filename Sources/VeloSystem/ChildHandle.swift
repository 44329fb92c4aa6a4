import CVeloShims
import Glibc
import SystemPackage

/// A child that runs beside us until it is waited for or ended. Its output goes to ours.
package final class ChildHandle {
    private let pid: Int32
    private var status: Int?

    private init(pid: Int32) { self.pid = pid }

    package var number: Int { Int(pid) }

    /// Starts a command whose streams are inherited or discarded; `input` and limits are not looked at.
    package static func start(_ command: ChildCommand) throws(SystemError) -> ChildHandle {
        ChildHandle(pid: try ChildProcess.spawnDetached(command))
    }

    /// Sends a signal by its name, with or without `SIG`; false when there is none of that name.
    package func send(_ name: String) -> Bool {
        let bare = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
        let numbers = [
            "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "KILL": SIGKILL, "TERM": SIGTERM, "USR1": SIGUSR1,
            "USR2": SIGUSR2,
        ]
        guard let number = numbers[bare] ?? Int32(bare) else { return false }
        if status == nil { kill(pid, number) }
        return true
    }

    /// Waits for its end; the exit status, or 128 + signal. Blocking.
    package func wait() -> Int {
        if let status { return status }
        var raw: Int32 = 0
        while unsafe waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let code = Int(velo_exit_code(raw))
        status = code
        return code
    }

    /// Ends it and its process group.
    package func end() {
        guard status == nil else { return }
        kill(-pid, SIGKILL)
        _ = wait()
    }
}

/// Letting time pass on a thread that may block.
package enum Pause {
    package static func blocking(seconds: Double) {
        usleep(UInt32(clamping: Int(seconds * 1_000_000)))
    }
}

/// TCP ports of this machine.
package enum LoopbackPort {
    /// A port on 127.0.0.1 that nobody listens on just now.
    package static func unused() -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
            }
        }
        return bound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
