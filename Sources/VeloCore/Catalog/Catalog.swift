import VeloFormula
import VeloSystem

/// Everything a mirror or a tap offers, behind one lookup.
package struct Catalog: Sendable {
    private let image: CatalogImage

    package init(_ image: CatalogImage) { self.image = image }

    /// - Throws: what encoding a formula throws: nothing that a document which was decoded can bring about.
    package init(_ document: CatalogDocument) throws {
        let stamp = CatalogStamp(source: "", generated: document.generated, taps: document.taps)
        let bytes = try CatalogImage.make(document.formulae.map { try CatalogImage.Entry($0) }, stamp: stamp)
        guard let image = CatalogImage(FileImage(bytes)) else {
            preconditionFailure("a catalog that was just made cannot be read")
        }
        self.image = image
    }

    package var count: Int { image.count }
    package var taps: [CatalogTap] { image.stamp.taps }

    /// By name, alias, or `user/tap/name`.
    package subscript(name: String) -> CatalogFormula? { image.position(of: name).flatMap { image.formula(at: $0) } }

    /// Like the subscript.
    ///
    /// - Throws: `CatalogError.unknownFormula` with the nearest names.
    package func formula(_ name: String) throws(CatalogError) -> CatalogFormula {
        guard let formula = self[name] else { throw .unknownFormula(name, nearest: nearest(to: name)) }
        return formula
    }

    /// The names that are most like one, best first, at most three.
    package func nearest(to name: String) -> [String] {
        var seen: Set<Int> = []
        return NearestNames.to(name, among: image.names.map(\.name)).filter { name in
            image.position(of: name).map { seen.insert($0).inserted } ?? false
        }
    }

    /// Formulae that have to do with a text, best first: by name, by the start of the name, by a part of the name, by
    /// description; and if there are none, by names that are nearly so. All, without a text.
    package func search(_ text: String) -> [CatalogFormula] {
        guard !text.isEmpty else {
            return (0..<image.count).compactMap { image.formula(at: $0) }.sorted { $0.name < $1.name }
        }
        let hits = CatalogSearch.hits(text, in: image.searchText)
        guard !hits.isEmpty else { return nearest(to: text).compactMap { self[$0] } }
        let found = hits.compactMap { hit in image.formula(at: hit.record).map { (hit.rank, $0) } }
        return found.sorted { ($0.0, $0.1.name) < ($1.0, $1.1.name) }.map(\.1)
    }

    /// Formulae that say they cannot be beside one.
    package func rivals(of name: String) -> [CatalogFormula] {
        CatalogSearch.rivals(of: name, in: image.searchText).compactMap { image.formula(at: $0) }
    }
}

/// What can be wrong with a catalog, or with what is asked of it.
package enum CatalogError: Problem {
    case unknownFormula(String, nearest: [String])
    case unreadable(url: String, cause: any Error)
    case tooNew(url: String, schema: Int)
    case unsigned(mirror: String)
    case untrusted(url: String, key: String)
    case wrongSignature(url: String)
    /// A mirror offers an older catalog than it did before.
    case rolledBack(mirror: String, have: Int, got: Int)

    package var summary: String {
        switch self {
        case .unknownFormula(let name, _): "no formula is called `\(name)`"
        case .unreadable(let url, _): "the catalog from `\(url)` cannot be read"
        case .unsigned(let mirror): "the mirror `\(mirror)` does not sign its catalog, and a key is set"
        case .untrusted(let url, let key): "the catalog `\(url)` is signed with `\(key)`, which is not trusted"
        case .wrongSignature(let url): "the signature of the catalog `\(url)` is not that of its content"
        case .rolledBack(let mirror, let have, let got):
            "the mirror `\(mirror)` has the catalog of revision \(got), and had that of revision \(have) before"
        case .tooNew(let url, let schema):
            "the catalog from `\(url)` has the format \(schema), which is newer than this velo"
        }
    }

    package var cause: (any Error)? {
        guard case .unreadable(_, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        switch self {
        case .unknownFormula(let name, let nearest):
            nearest.isEmpty
                ? ["search for it: `velo search \(name)`"]
                : ["did you mean \(Self.alternatives(nearest))?"]
        case .unreadable: ["check that the address is that of a velod"]
        case .tooNew: ["update velo"]
        case .unsigned: ["ask its operator for a newer velod, or do without: `velo config unset key`"]
        case .untrusted(_, let key):
            ["ask the mirror's operator whether that is their key; if so: `velo config set key \(key)`"]
        case .wrongSignature: ["run the command again; if it stays so, somebody changes what the mirror sends"]
        case .rolledBack:
            ["ask its operator whether a backup was restored; if so, remove `catalogs-v2` from velo's cache folder"]
        }
    }

    private static func alternatives(_ names: [String]) -> String {
        let quoted = names.map { "`\($0)`" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}
