package import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// The folder that a one-shot build writes to.
///
/// ```
/// out/
///   NAME--VERSION.TAG.bottle.tar.gz    a proven bottle
///   NAME--VERSION.TAG.bottle.json      what Homebrew's tools read about it
///   NAME--VERSION.TAG.proof.json       the verdict with its evidence; a later run takes over from it
///   unproven/…                         the same for bottles that failed their proof
///   logs/NAME.log
///   .work/                             builds under way, and downloads
/// ```
package struct OutputFolder: Sendable {
    package let path: FilePath

    package init(_ path: FilePath) throws {
        self.path = path
        for folder in [path, path.appending("logs"), path.appending(".work")] { try FileTree.makeFolder(folder) }
    }

    package var work: FilePath { path.appending(".work") }
    var downloads: FilePath { work.appending("sources") }

    package func log(_ formula: String) -> FilePath { path.appending("logs").appending("\(formula).log") }

    private func stem(_ formula: Formula, _ platform: PlatformTag) -> String {
        "\(formula.name)--\(formula.pkgVersion).\(platform)"
    }

    private func place(of verdict: BuildRecord.Verdict) -> FilePath {
        verdict == .unproven ? path.appending("unproven") : path
    }

    /// The record of an earlier run, if its bottle is still there and whole.
    func known(_ formula: Formula, _ platform: PlatformTag, key: String) -> BuildRecord? {
        for folder in [path, path.appending("unproven")] {
            let file = folder.appending("\(stem(formula, platform)).proof.json")
            guard let record = BuildRecord.read(file), record.key == key, let facts = record.facts,
                (try? CurlPartialFile.digest(of: folder.appending(facts.file)))?.hex == facts.digest
            else { continue }
            return record
        }
        return nil
    }

    func bottle(_ record: BuildRecord) -> FilePath {
        place(of: record.verdict).appending(record.facts?.file ?? "")
    }

    /// Takes a bottle out of its scratch folder, with its documents.
    func keep(_ built: BuiltBottle, _ formula: Formula, _ platform: PlatformTag, _ record: inout BuildRecord) throws {
        let folder = place(of: record.verdict)
        try FileTree.makeFolder(folder)
        let target = folder.appending(built.file.lastComponent?.string ?? "bottle")
        try FileTree.rename(built.file, to: target)
        let facts = BuildRecord.BottleFacts(built)
        record.facts = facts
        record.bottle = target.string
        record.digest = built.digest.hex
        let document = BottleDocument(formula: formula, platform: platform, facts: facts)
        try FileTree.replace(
            folder.appending("\(stem(formula, platform)).bottle.json"), with: Array(document.json.text.utf8))
        try record.write(to: folder.appending("\(stem(formula, platform)).proof.json"))
        let other = record.verdict == .unproven ? path : path.appending("unproven")
        for name in [facts.file, "\(stem(formula, platform)).bottle.json", "\(stem(formula, platform)).proof.json"] {
            try FileTree.removeFile(other.appending(name))
        }
    }
}

/// What `brew bottle --json` writes about a bottle, so that Homebrew's own tools can publish it.
struct BottleDocument {
    let formula: Formula
    let platform: PlatformTag
    let facts: BuildRecord.BottleFacts

    var json: JSONValue {
        let flat = facts.file.replacing("--", with: "-", maxReplacements: 1)
        let tab: [(key: String, value: JSONValue)] = [
            ("homebrew_version", .string(facts.tab.homebrewVersion)),
            ("changed_files", facts.tab.changedFiles.map(JSONValue.strings) ?? .null),
            ("source_modified_time", facts.tab.sourceModifiedTime.map { .int($0) } ?? .null),
            ("compiler", .optional(facts.tab.compiler)),
            (
                "runtime_dependencies",
                .array(
                    (facts.tab.runtimeDependencies ?? []).map { dependency in
                        .object([
                            ("full_name", .string(dependency.fullName)), ("version", .string(dependency.version)),
                            ("pkg_version", .optional(dependency.pkgVersion)),
                            ("declared_directly", .bool(dependency.declaredDirectly ?? false)),
                        ])
                    })
            ),
            ("arch", .optional(facts.tab.arch)),
        ]
        let tag: [(key: String, value: JSONValue)] = [
            ("filename", .string(Self.encoded(flat))), ("local_filename", .string(facts.file)),
            ("sha256", .string(facts.digest)), ("tab", .object(tab)),
            ("path_exec_files", .strings(facts.executables)), ("installed_size", .int(facts.installedSize)),
        ]
        return .object([
            (
                formula.fullName,
                .object([
                    (
                        "formula",
                        .object([
                            ("name", .string(formula.name)), ("pkg_version", .string(formula.pkgVersion)),
                            ("path", .string(formula.path)), ("desc", .optional(formula.desc)),
                            ("license", .optional(formula.license?.text(era: .current))),
                            ("homepage", .optional(formula.homepage)),
                        ])
                    ),
                    (
                        "bottle",
                        .object([
                            ("root_url", .null), ("cellar", .string(facts.cellar)), ("rebuild", .int(0)),
                            ("tags", .object([(platform.description, .object(tag))])),
                        ])
                    ),
                ])
            )
        ])
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
