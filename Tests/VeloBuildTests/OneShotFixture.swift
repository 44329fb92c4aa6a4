import FoundationEssentials
import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// A tap in `tap`, archives in `archives`, and the real `velod` that builds from them into `out`.
extension Scratch {
    /// Packs `src/NAME-VERSION`, and writes a formula that names the archive.
    func formula(_ name: String, _ version: String, _ body: String) async throws {
        let archive = path.appending("\(name).tar.gz")
        _ = try folder("archives")
        let packed = try await Program("/usr/bin/tar").run(
            "-czf", archive.string, "-C", path.appending("src").string, "\(name)-\(version)")
        try #require(packed.exit.isSuccess)
        let digest = try FileTree.digest(archive).hex
        try FileTree.rename(archive, to: path.pushing("archives").appending(digest))
        try formula(
            name, source: "url \"https://example.org/\(name)-\(version).tar.gz\"\n  sha256 \"\(digest)\"", body)
    }

    /// Writes a formula.
    ///
    /// - Parameter source: What it says of where its source is.
    func formula(_ name: String, source: String, _ body: String) throws {
        try file(
            "tap/Formula/\(name).rb",
            """
            class \(name.prefix(1).uppercased() + name.dropFirst()) < Formula
              desc "Made for a test"
              homepage "https://example.org"
              \(source)

            \(body)
            end

            """)
    }

    func velod(_ command: String, _ arguments: String...) async throws -> Program.Result {
        try await Program.built("velod", environment: ["HOME": path.string]).run(
            [command] + arguments + [
                "--tap", "tap", "--sources", "archives", "--out", "out", "--jobs", "2", "--json",
            ], directory: path, mergesErrors: false)
    }
}

extension BuildRecord {
    /// Those among lines of output.
    static func lines(_ text: String) throws -> [BuildRecord] {
        try text.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSONDecoder().decode(BuildRecord.self, from: Data($0.utf8)) }
    }
}
