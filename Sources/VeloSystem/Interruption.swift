import CVeloShims
import Glibc

/// A request to stop that a blocked thread can wait for: once triggered, it stays so.
package final class Interruption: Sendable {
    /// Becomes readable when triggered.
    let descriptor: Int32

    package init() {
        descriptor = velo_make_signal()
    }

    deinit { close(descriptor) }

    package func trigger() {
        velo_raise(descriptor)
    }

    package var isTriggered: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe Glibc.poll(&poll, 1, 0) == 1
    }
}
