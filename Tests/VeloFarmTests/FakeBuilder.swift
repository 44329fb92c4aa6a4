import Synchronization
import SystemPackage
import VeloBuild
import VeloCore
import VeloFormula
import VeloSystem

@testable import VeloFarm

/// Makes real, small bottles: a keg with one script, packed with the system's tar and gzip. What formulae say decides
/// how a build goes, by name.
final class FakeBuilder: BottleBuilder {
    /// Formulae whose build fails, with what.
    let failures: [String: any Error & Sendable]
    /// Formulae whose build takes until it is cancelled.
    let endless: Set<String>
    private let requests = Mutex<[BuildRequest]>([])
    /// What programs say, by formula, instead of their version.
    private let words = Mutex<[String: String]>([:])

    init(failures: [String: any Error & Sendable] = [:], endless: Set<String> = []) {
        self.failures = failures
        self.endless = endless
    }

    /// What was asked for so far, in order.
    var seen: [BuildRequest] { requests.withLock { $0 } }

    /// Lets the builds of a formula come out differently from now on.
    func say(_ text: String, in formula: String) { words.withLock { $0[formula] = text } }

    func build(
        _ request: BuildRequest, jobID: Int, scratch: FilePath, events: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> BuiltBottle {
        requests.withLock { $0.append(request) }
        let name = request.formula.name
        let version = request.formula.pkgVersion
        events(.phase(.fetch))
        events(.phase(.install))
        events(.line("\u{1B}[32mmaking \(name)\u{1B}[0m"))
        if endless.contains(name) { try await Task.sleep(for: .seconds(600)) }
        if let failure = failures[name] {
            events(.line("\(name).c:1: error: no"))
            throw failure
        }
        let keg = scratch.appending("keg").appending(name).appending(version)
        try FileTree.makeFolder(keg.appending("bin"))
        let said = words.withLock { $0[name] } ?? version
        try FileTree.write(
            Array("#!/bin/sh\necho \(name) \(said)\n".utf8), to: keg.appending("bin").appending(name), mode: 0o755)
        let tar = scratch.appending("bottle.tar")
        try await Program.run(
            "tar", "--mtime=@1600000000", "-C", scratch.appending("keg").string, "-cf", tar.string, name)
        let tarDigest = try BlobStore.digest(of: tar)
        try await Program.run("gzip", "-n", tar.string)
        let file = scratch.appending("bottle.tar.gz")
        var tab = Tab(homebrewVersion: "6.0.18")
        tab.changedFiles = ["bin/\(name)"]
        tab.sourceModifiedTime = 1_600_000_000
        tab.compiler = "gcc"
        tab.arch = "x86_64"
        tab.runtimeDependencies = request.dependencies.filter { !$0.isBuildOnly }.map {
            Tab.RuntimeDependency(
                fullName: $0.formula.fullName, version: $0.formula.version.text, revision: 0, bottleRebuild: 0,
                declaredDirectly: $0.isDirect)
        }
        events(.phase(.bottle))
        return BuiltBottle(
            file: file, digest: try BlobStore.digest(of: file), size: try FileTree.status(file)?.size ?? 0,
            tarDigest: tarDigest, installedSize: 40, cellar: "any_skip_relocation", longestPrefix: nil, tab: tab,
            executables: ["bin/\(name)"], isTested: true)
    }
}

/// A build failure as a builder words it.
struct FakeFailure: Problem {
    var summary: String
    var severity = ProblemSeverity.refused
}
