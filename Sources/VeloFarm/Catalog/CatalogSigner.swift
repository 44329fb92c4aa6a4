import FoundationEssentials
package import SystemPackage
import VeloCore
package import VeloSystem

/// The farm's signing key: made at the first start, kept readable for its owner alone.
package struct CatalogSigner: Sendable {
    package let key: Ed25519Key

    /// Blocking.
    package init(_ folder: FilePath) throws {
        let file = folder.appending("catalog.key")
        if try FileTree.status(file) == nil {
            try FileTree.makeFolder(folder, mode: 0o700)
            let text = Data(Ed25519Key.makeSeed()).base64EncodedString() + "\n"
            try FileTree.replace(file, with: Array(text.utf8), mode: 0o600)
        }
        let text = try FileTree.readText(file).filter { !$0.isWhitespace }
        guard let seed = Data(base64Encoded: text), let key = Ed25519Key(seed: Array(seed)) else {
            throw SigningKeyError(path: file.string)
        }
        self.key = key
    }

    /// As people hand it on, and as velo is given it: `ed25519:BASE64`.
    package var publicKey: String { "ed25519:" + Data(key.publicBytes).base64EncodedString() }

    /// The signature in base64.
    private func signature(_ message: [UInt8]) -> String {
        guard let bytes = key.sign(message) else { preconditionFailure("a private key does not sign") }
        return Data(bytes).base64EncodedString()
    }

    /// A signature with the key that made it, as it is handed on.
    func signed(_ message: [UInt8]) -> CatalogSignature {
        CatalogSignature(key: publicKey, signature: signature(message))
    }
}

/// The file of the signing key is there and is none.
struct SigningKeyError: Problem {
    var path: String

    var summary: String { "`\(path)` is not a signing key" }
    var hints: [String] { ["restore it from a backup; or move it away, and clients have to be given the new key"] }
}
