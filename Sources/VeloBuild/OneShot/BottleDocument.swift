import FoundationEssentials
import VeloCore
import VeloFormula

/// What `brew bottle --json` writes about a bottle, so that Homebrew's own tools can publish it: an object by the
/// formula's name.
struct BottleDocument: Encodable {
    private var formula: FormulaPart
    private var bottle: BottlePart
    private let fullName: String

    private enum CodingKeys: String, CodingKey { case formula, bottle }

    private struct FormulaPart: Encodable {
        var name: String
        var pkgVersion: String
        var path: String
        var desc: String?
        var license: String?
        var homepage: String?
    }

    private struct BottlePart: Encodable {
        var rootUrl = ""
        var cellar: String
        var rebuild = 0
        var tags: [String: TagPart]
    }

    private struct TagPart: Encodable {
        var filename: String
        var localFilename: String
        var sha256: String
        var tab: Tab
        var pathExecFiles: [String]
        var installedSize: Int
    }

    init(formula: Formula, platform: PlatformTag, facts: BuildRecord.BottleFacts) {
        fullName = formula.fullName
        self.formula = FormulaPart(
            name: formula.name, pkgVersion: formula.pkgVersion, path: formula.path, desc: formula.desc,
            license: formula.license?.text(era: .current), homepage: formula.homepage)
        let flat = facts.file.replacing("--", with: "-", maxReplacements: 1)
        let tag = TagPart(
            filename: Self.encoded(flat), localFilename: facts.file, sha256: facts.digest, tab: facts.tab,
            pathExecFiles: facts.executables, installedSize: facts.installedSize)
        bottle = BottlePart(cellar: facts.cellar, tags: [platform.description: tag])
    }

    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(try encoder.encode([fullName: self]))
    }

    /// Percent signs for all but what URLs never mind.
    private static func encoded(_ name: String) -> String {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
