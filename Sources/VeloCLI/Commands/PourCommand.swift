import ArgumentParser
import SystemPackage
import VeloCore
import VeloSystem

struct PourCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "pour", abstract: "Install bottles from files.",
        discussion: """
            All of them are installed, or none. What a bottle says of itself counts; beside it, `brew bottle --json`'s \
            document is read, and a registry's manifest where one is named.
            """)

    @Argument(help: ArgumentHelp("Bottles: `NAME--VERSION.TAG.bottle.tar.gz`, or `.tar.zst`.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("What the file must hash to, if it is only one.", valueName: "hex"))
    var sha256: String?

    @Option(help: ArgumentHelp("An OCI index that describes the bottles.", valueName: "file"))
    var manifest: String?

    @Flag(help: "Install them even if what they need is not there.")
    var ignoreDependencies = false

    @OptionGroup var place: PrefixOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(progress.flags) { $1 } }

    func validate() throws {
        guard let sha256 else { return }
        guard files.count == 1 else {
            throw ValidationError("--sha256 is about one file, and there are \(files.count)")
        }
        guard SHA256Digest(hex: sha256) != nil else { throw ValidationError("`\(sha256)` is not a sha256") }
    }

    func run(in session: Session) async throws {
        let progress = session.makeProgress()
        let installer = try session.makeInstaller(session.makeClient(), progress)
        let working = try Host.workingFolder()
        let paths = files.map { working.pushing(FilePath($0)) }
        var digests: [FilePath: SHA256Digest] = [:]
        if let digest = sha256.flatMap({ SHA256Digest(hex: $0) }) { digests[paths[0]] = digest }
        let manifest = manifest.map { working.pushing(FilePath($0)) }
        let (known, ignoreDependencies) = (digests, ignoreDependencies)
        let kegs = try await progress.run {
            try await installer.pour(
                paths, digests: known, manifest: manifest, ignoreDependencies: ignoreDependencies)
        }
        for keg in kegs {
            if session.console.verbosity == .quiet {
                session.console.data(keg.name)
            } else {
                session.console.talk("poured \(keg.label) into \(session.prefix.path)")
            }
        }
    }
}
