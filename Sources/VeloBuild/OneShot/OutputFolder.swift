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
    package var downloads: FilePath { work.appending("sources") }

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
                (try? FileTree.digest(folder.appending(facts.file)))?.hex == facts.digest
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
        try FileTree.replace(folder.appending("\(stem(formula, platform)).bottle.json"), with: try document.bytes())
        try record.write(to: folder.appending("\(stem(formula, platform)).proof.json"))
        let other = record.verdict == .unproven ? path : path.appending("unproven")
        for name in [facts.file, "\(stem(formula, platform)).bottle.json", "\(stem(formula, platform)).proof.json"] {
            try FileTree.removeFile(other.appending(name))
        }
    }
}
