import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Pours a fresh bottle at a prefix, without the build tree, and looks at what a user would get.
struct BottleProof {
    let request: BuildRequest
    let layout: BuildLayout
    let program: FilePath
    /// Where it was built.
    let buildPrefix: String
    /// Where it is poured, as that is called inside: another prefix, or the one it was built for.
    let place: String
    let groups: ControlGroups?
    let events: @Sendable (BuildEvent) -> Void

    private var formula: Formula { request.formula }
    private var prefix: Prefix { Prefix(at: layout.proof, path: place) }
    private var isAtHome: Bool { place == buildPrefix }
    private var keg: Keg { prefix.keg(formula.name, formula.pkgVersion) }

    /// Pours it with what it needs, and checks what can be seen from the outside.
    func pour(_ built: BuiltBottle) throws -> Proof {
        events(.phase(.prove))
        var proof = Proof(prefix: place)
        let stage = PrefixStage(prefix: prefix, events: events)
        try stage.pour(request.dependencies)
        _ = try stage.pour(built, of: formula)
        try FileTree.makeFolder(prefix.absolute("var"))
        try FileTree.makeFolder(prefix.absolute("etc"))
        try TestFixtures.install(in: prefix.location)

        let missing = try LinkageCheck(prefix: prefix).missing(in: keg)
        proof.add(
            "libraries", missing.isEmpty,
            missing.isEmpty
                ? "every library is the keg's, a dependency's or the system's"
                : missing.map { "`\($0.library)` for `\($0.file)`" }.joined(separator: ", "))
        try checkLeftovers(built, &proof)
        for check in proof.checks { events(.line("\(check.passed ? "ok" : "FAILED") \(check.name): \(check.seen)")) }
        return proof
    }

    /// Nothing may name the build tree, nor the build prefix where the bottle says that it can be moved.
    private func checkLeftovers(_ built: BuiltBottle, _ proof: inout Proof) throws {
        let scan = try LeftoverScan(
            keg: keg.location, buildTree: BuildLayout.Inside.source(of: formula), buildPrefix: buildPrefix)
        // Text that tells how it was configured, and does no harm: it is put on record.
        proof.add(
            "build tree", true,
            scan.tree.isEmpty ? "no file names it" : "on record as naming it: " + scan.tree.joined(separator: ", "))
        guard !isAtHome else { return }
        let isAllowed = scan.prefix.isEmpty || built.longestPrefix == 0
        proof.add(
            "build prefix", isAllowed,
            scan.prefix.isEmpty
                ? "no file names the build prefix"
                : (isAllowed ? "recorded as bound to its prefix: " : "named by ")
                    + scan.prefix.joined(separator: ", "))
    }

    /// For `test`: the prefix as a user has it; only `var` and `etc` can be written to.
    func testSpec(_ archives: [ArchiveMount]) -> SandboxSpec {
        BuildSandbox(layout: layout, program: program, prefix: buildPrefix)
            .forTest(archives: archives, environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"], at: place)
    }

    /// Where there is no test: the loader must accept every program, and one of the usual questions should be answered.
    func smoke(
        _ built: BuiltBottle, limits: SandboxLimits, interruption: Interruption, into proof: inout Proof
    ) throws {
        let programs = try built.executables.filter { name in
            ELFImage.isELF(try FileTree.read(keg.location.pushing(FilePath(name)), limit: 4))
        }.prefix(8)
        guard !programs.isEmpty else {
            return proof.add(Proof.smoke, true, "no test and no program to try: only linkage was checked")
        }
        try layout.renew(layout.temporary)
        var short = limits
        short.total = .seconds(20)
        short.silence = .seconds(20)
        for name in programs {
            var spec = testSpec([])
            let path = "\(place)/opt/\(formula.name)/\(name)"
            spec.arguments = ["/bin/sh", "-c", Self.smokeScript, "smoke", path]
            let said = Collected()
            let exit = try SandboxRunner(limits: short, interruption: interruption, groups: groups).run(spec) { event in
                if case .line(let line) = event { said.add(line) }
            }
            // 126 and 127 are the shell's and the loader's: it did not even start.
            let started = if case .ended(let end) = exit { end.status < 126 } else { false }
            proof.add(
                "\(Proof.smoke) \(name)", started, "\(started ? "it starts" : "it does not start"): \(said.first)")
        }
    }

    private static let smokeScript = """
        for question in --version --help -V -h; do
            timeout 4 "$1" $question </dev/null && exit 0
            status=$?
            case $status in 126|127|132|134|135|136|139) exit $status ;; esac
        done
        exit 1
        """
}

/// The first line that a program says, kept from whatever thread.
private final class Collected: @unchecked Sendable {
    // Filled by the thread that runs the sandbox, read after it is done.
    private(set) var first = ""
    func add(_ line: String) { if first.isEmpty { first = String(line.prefix(120)) } }
}
