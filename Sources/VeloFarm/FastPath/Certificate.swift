import NIOSSL
import Synchronization
import SystemPackage
import VeloSystem

/// The certificate and key of the server, read again when the files change.
final class Certificate: Sendable {
    private struct State {
        var context: NIOSSLContext
        var stamp: [String]
    }

    let chain: FilePath
    let key: FilePath
    private let state: Mutex<State>

    /// - Throws: `CertificateError`
    init(chain: FilePath, key: FilePath) throws {
        self.chain = chain
        self.key = key
        state = Mutex(State(context: try Self.load(chain, key), stamp: Self.stamp(chain, key)))
    }

    /// For the next connection.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files again if they changed; true when it did. Those in use stay when the new ones cannot be used.
    func reload() throws -> Bool {
        let stamp = Self.stamp(chain, key)
        guard state.withLock({ $0.stamp }) != stamp else { return false }
        let context = try Self.load(chain, key)
        state.withLock { $0 = State(context: context, stamp: stamp) }
        return true
    }

    private static func stamp(_ files: FilePath...) -> [String] {
        files.map { file in
            guard let status = try? FileTree.status(file, followLinks: true) else { return "" }
            return "\(status.inode) \(status.size) \(status.modified).\(status.modifiedNanoseconds)"
        }
    }

    private static func load(_ chain: FilePath, _ key: FilePath) throws -> NIOSSLContext {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(chain.string)
            let privateKey = try NIOSSLPrivateKey(file: key.string, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateError(chain: chain.string, key: key.string, reason: String(describing: error))
        }
    }
}

/// A certificate or key that cannot be used.
package struct CertificateError: Problem {
    var chain: String
    var key: String
    var reason: String

    package var summary: String { "could not use the certificate `\(chain)` with the key `\(key)`: \(reason)" }
    package var hints: [String] { ["both are PEM files; the key must be that of the first certificate"] }
}
