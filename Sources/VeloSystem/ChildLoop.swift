import CVeloShims
import Glibc

/// Waits for a child: feeds it, hears it, and ends it when it has had its time.
struct ChildLoop {
    let pid: Int32
    /// Readable when the process has ended; -1 where the kernel has no such descriptors.
    let process: Int32
    var outlet: Int32
    let inlet: Pipe?
    let input: [UInt8]
    var written = 0
    let interruption: Int32
    let timeLimit: Duration?
    let silenceLimit: Duration?
    let watch: ChildWatch?

    init(
        pid: Int32, process: Int32, outlet: Int32, inlet: Pipe?, input: [UInt8], interruption: Int32,
        timeLimit: Duration?, silenceLimit: Duration?, watch: ChildWatch?
    ) {
        self.pid = pid
        self.process = process
        self.outlet = outlet
        self.inlet = inlet
        self.input = input
        self.interruption = interruption
        self.timeLimit = timeLimit
        self.silenceLimit = silenceLimit
        self.watch = watch
        if let inlet, inlet.writing >= 0 { _ = fcntl(inlet.writing, F_SETFL, O_NONBLOCK) }
        if outlet >= 0 { _ = fcntl(outlet, F_SETFL, O_NONBLOCK) }
    }

    mutating func run(_ output: (ArraySlice<UInt8>) -> Void) -> ChildExit {
        let clock = ContinuousClock()
        let begin = clock.now
        var heard = begin
        var watched = begin
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let now = clock.now
            if let timeLimit, now - begin >= timeLimit { return end(.timeLimit) }
            if let silenceLimit, now - heard >= silenceLimit { return end(.silenceLimit) }
            if let watch, now - watched >= watch.interval {
                guard watch.mayGoOn(pid) else { return end(.stopped) }
                watched = now
            }
            var wait = process < 0 ? Duration.milliseconds(20) : .seconds(3600)
            if let watch { wait = min(wait, watch.interval - (now - watched)) }
            if let timeLimit { wait = min(wait, timeLimit - (now - begin)) }
            if let silenceLimit { wait = min(wait, silenceLimit - (now - heard)) }

            var polls = [
                pollfd(fd: process, events: Int16(POLLIN), revents: 0),
                pollfd(fd: outlet, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inlet?.writing ?? -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: interruption, events: Int16(POLLIN), revents: 0),
            ]
            let milliseconds = wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000 + 1
            _ = unsafe poll(&polls, 4, Int32(clamping: milliseconds))

            if polls[3].revents != 0 { return end(.interrupted) }
            if polls[1].revents != 0, drain(&buffer, output) { heard = clock.now }
            if polls[2].revents != 0 { feed() }
            if polls[0].revents != 0 || process < 0, let exit = reap(WNOHANG) {
                _ = drain(&buffer, output)
                endGroup()
                return exit
            }
        }
    }

    /// Reads all there is; says whether there was something. A descendant may hold the pipe open after the child has
    /// ended, so its end is not waited for.
    private mutating func drain(_ buffer: inout [UInt8], _ output: (ArraySlice<UInt8>) -> Void) -> Bool {
        var heard = false
        while outlet >= 0 {
            let count = unsafe read(outlet, &buffer, buffer.count)
            if count > 0 {
                heard = true
                output(buffer[0..<count])
            } else if count == 0 {
                outlet = -1
            } else if errno != EINTR {
                if errno != EAGAIN { outlet = -1 }
                break
            }
        }
        return heard
    }

    private mutating func feed() {
        guard let inlet else { return }
        let left = input.count - written
        let count = unsafe input.withUnsafeBytes {
            unsafe velo_write_quietly(inlet.writing, $0.baseAddress.map { unsafe $0 + written }, left)
        }
        if count > 0 { written += count }
        if written == input.count || (count < 0 && errno != EAGAIN && errno != EINTR) { inlet.closeWriting() }
    }

    private func end(_ exit: ChildExit) -> ChildExit {
        endGroup()
        kill(pid, SIGKILL)
        _ = reap(0)
        return exit
    }

    /// What the child left behind in its process group goes with it.
    private func endGroup() { kill(-pid, SIGKILL) }

    private func reap(_ flags: Int32) -> ChildExit? {
        var status: Int32 = 0
        while true {
            let result = unsafe waitpid(pid, &status, flags)
            if result == pid { break }
            if result < 0 && errno == EINTR { continue }
            return nil
        }
        let signal = velo_exit_signal(status)
        return signal != 0 ? .signal(Int(signal)) : .code(Int(velo_exit_code(status)))
    }
}
