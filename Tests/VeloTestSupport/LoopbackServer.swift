import Glibc
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 that misbehaves as told, and remembers what it was asked.
///
/// Each request is answered by the script, which gets the request and how many came before it. Every connection has a
/// thread; `stop()` ends them all and waits for them.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        package var method: String
        package var target: String
        /// By lower-case name.
        package var headers: [String: String]
        package var body: [UInt8]
        /// Counts from 0; requests with the same number came over one connection.
        package var connection: Int
        /// No connection that was opened before this one is still open.
        package var isOldest = true
    }

    package typealias Script = @Sendable (_ request: Request, _ earlier: Int) -> LoopbackReply

    private struct State {
        var requests: [Request] = []
        var descriptors: Set<Int32> = []
        var threads: [pthread_t] = []
        var connections = 0
        /// The numbers of those that are open.
        var open: Set<Int> = []
        var isStopped = false
    }

    package let port: UInt16
    private let listener: Int32
    private let script: Script
    private let state = Mutex(State())

    package struct NoSocket: Error { var errno: Int32 }

    package init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw NoSocket(errno: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else {
            defer { close(listener) }
            throw NoSocket(errno: errno)
        }
        port = UInt16(bigEndian: address.sin_port)
        // A peer that goes away is an error of `send`, not a signal.
        startThread { $0.accept() }
    }

    /// Answers with these, in turn; the last one again and again.
    package convenience init(replies: [LoopbackReply]) throws {
        try self.init { _, earlier in replies[min(earlier, replies.count - 1)] }
    }

    package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    package var requests: [Request] { state.withLock { $0.requests } }

    /// Connections that were accepted.
    package var connections: Int { state.withLock { $0.connections } }

    /// Ends all connections, and waits for their threads.
    package func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            if !state.isStopped { for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) } }
            return !state.isStopped
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        while let thread = state.withLock({ $0.threads.popLast() }) { pthread_join(thread, nil) }
        close(listener)
    }

    private func startThread(_ body: @escaping @Sendable (LoopbackServer) -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let work = Work { body(self) }
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(work).toOpaque())
        precondition(code == 0, "no thread for the server: \(code)")
        let started = thread
        state.withLock { $0.threads.append(started) }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let connection: Int? = state.withLock { state in
                guard !state.isStopped else { return nil }
                state.descriptors.insert(descriptor)
                state.open.insert(state.connections)
                defer { state.connections += 1 }
                return state.connections
            }
            guard let connection else {
                close(descriptor)
                return
            }
            startThread { server in
                server.serve(LoopbackConnection(descriptor), connection)
                server.state.withLock { state in
                    state.descriptors.remove(descriptor)
                    state.open.remove(connection)
                }
                close(descriptor)
            }
        }
    }

    private func serve(_ peer: LoopbackConnection, _ connection: Int) {
        while var request = peer.nextRequest(connection) {
            let earlier = state.withLock { state in
                request.isOldest = state.open.min() == connection
                state.requests.append(request)
                return state.requests.count - 1
            }
            guard peer.send(script(request, earlier), to: request) else { return }
        }
    }
}
