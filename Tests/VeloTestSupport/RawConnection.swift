import Glibc
import VeloSystem

/// A TCP connection to a server on loopback that sends what it is told to, when it is told to: for clients that no
/// proper HTTP client is.
package final class RawConnection: Sendable {
    private let descriptor: Int32

    /// - Parameter receiveBuffer: bytes that the kernel takes for a client that does not read; nil for its own choice.
    package init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let descriptor = descriptor
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw LoopbackServer.NoSocket(errno: errno) }
    }

    deinit { close(descriptor) }

    /// False when the server has closed.
    @discardableResult
    package func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// What comes until the server closes, or until `isEnough` says so of all that came.
    ///
    /// - Parameter patience: for each piece; nil is returned when nothing comes for so long.
    package func receive(
        patience: Duration = .seconds(20), until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }
    ) async throws -> String? {
        let descriptor = descriptor
        return try await BlockingThread.run {
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard Glibc.poll(&poll, 1, Int32(patience / .milliseconds(1))) > 0 else { return nil }
                let count = recv(descriptor, &chunk, chunk.count, 0)
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += chunk[..<count]
                let text = String(decoding: all, as: UTF8.self)
                if isEnough(text) { return text }
            }
        }
    }
}
