import Glibc
import VeloTestSupport

/// Somebody on the host who listens: at a port of its loopback, and at a name in the abstract.
final class HostListener {
    struct NoSocket: Error {}

    let port: Int
    let name: String
    private let stream: Int32
    private let abstract: Int32

    init() throws {
        stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        abstract = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = stream
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &size) == 0
                    && listen(descriptor, 4) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        name = "velo-escape-\(getpid())-\(port)"
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        let bytes = [0] + Array(name.utf8)
        withUnsafeMutableBytes(of: &local.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let other = abstract
        let isNamed = withUnsafeMutablePointer(to: &local) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(other, $0, length) == 0 && listen(other, 4) == 0
            }
        }
        guard isBound, isNamed else { throw NoSocket() }
    }

    deinit {
        close(stream)
        close(abstract)
    }
}
