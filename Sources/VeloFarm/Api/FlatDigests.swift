import FoundationEssentials
import Synchronization
import VeloFormula
import VeloSystem

/// The digests of Homebrew's bottles by flat name, from its API document: what makes files of a flat mirror verifiable.
final class FlatDigests: Sendable {
    fileprivate let byName = Mutex<[String: (digest: SHA256Digest, image: String)]>([:])
    private let byDigest = Mutex<[SHA256Digest: [String]]>([:])

    private struct Formula: Decodable {
        struct Versions: Decodable { var stable: String? }
        struct Bottle: Decodable {
            struct Stable: Decodable {
                struct File: Decodable { var sha256: String }
                var rebuild: Int?
                var files: [String: File]
            }
            var stable: Stable?
        }
        var name: String
        var revision: Int?
        var versions: Versions
        var bottle: Bottle?
    }

    private struct Signed: Decodable { var payload: String }

    /// Reads `formula.json` or `formula.jws.json`. Blocking, for a second or so.
    func read(_ bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        let formulae: [Formula]
        if let signed = try? decoder.decode(Signed.self, from: Data(bytes)) {
            formulae = try decoder.decode([Formula].self, from: Data(signed.payload.utf8))
        } else {
            formulae = try decoder.decode([Formula].self, from: Data(bytes))
        }
        var names: [String: (digest: SHA256Digest, image: String)] = [:]
        var digests: [SHA256Digest: [String]] = [:]
        for formula in formulae {
            guard let stable = formula.bottle?.stable, let version = formula.versions.stable else { continue }
            let revision = formula.revision ?? 0
            let pkgVersion = revision > 0 ? "\(version)_\(revision)" : version
            for (word, file) in stable.files {
                guard let tag = PlatformTag(word), let digest = SHA256Digest(hex: file.sha256),
                    let name = BottleName(
                        name: formula.name, packageVersion: pkgVersion, tag: tag, rebuild: stable.rebuild ?? 0)
                else { continue }
                names[name.flatFilename] = (digest, name.imageName)
                digests[digest, default: []].append(name.flatFilename)
            }
        }
        let (newNames, newDigests) = (names, digests)
        byName.withLock { $0 = newNames }
        byDigest.withLock { $0 = newDigests }
    }

    func digest(_ flatName: String) -> SHA256Digest? { byName.withLock { $0[flatName]?.digest } }

    func repository(_ flatName: String) -> RepositoryName? {
        byName.withLock { $0[flatName]?.image }.flatMap { RepositoryName(tap: RepositoryName.core, image: $0) }
    }

    func names(_ digest: SHA256Digest) -> [String] { byDigest.withLock { $0[digest] ?? [] } }
}

extension FlatDigests {
    /// All images that it knows, sorted.
    func images() -> [String] { Set(byName.withLock { $0.values.map(\.image) }).sorted() }
}
