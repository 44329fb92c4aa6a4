import ArgumentParser
import SystemPackage
import VeloBuild
import VeloCLI
import VeloCore
import VeloFormula
import VeloSystem

struct BottleCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "bottle", abstract: "Make bottles of kegs.",
        discussion: """
            Writes `NAME--VERSION.TAG.bottle.tar.gz`, the same as `.tar.zst`, and the document of `brew bottle --json`. \
            The kegs are not changed, and the same keg always gives the same bytes.
            """)

    @Argument(help: ArgumentHelp("Kegs: `PREFIX/Cellar/NAME/VERSION`.", valueName: "keg"))
    var kegs: [String]

    @Option(help: ArgumentHelp("Where to write them.", valueName: "folder"))
    var into = "."

    @Option(help: ArgumentHelp("The bottle's rebuild number.", valueName: "number"))
    var rebuild = 0

    @Option(help: ArgumentHelp("What the keg's files call the prefix, if not by its place.", valueName: "path"))
    var prefix: String?

    @Option(help: ArgumentHelp("The formula, where the keg has no copy of it.", valueName: "file"))
    var formula: String?

    @Option(help: ArgumentHelp("Where the bottle will be served.", valueName: "url"))
    var rootURL = "https://ghcr.io/v2/homebrew/core"

    @Flag(help: "Leave out the `.tar.zst`.")
    var noZstd = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard rebuild >= 0 else { throw ValidationError("a rebuild number is not negative") }
        guard formula == nil || kegs.count == 1 else { throw ValidationError("--formula is about one keg") }
    }

    func run(in invocation: Invocation, _ console: Console) async throws {
        let working = try Host.workingFolder()
        let folder = working.pushing(FilePath(into)).lexicallyNormalized()
        guard let platform = PlatformTag(Host.current().bottleTag) else {
            throw BottlingError.notAKeg(folder)
        }
        try FileTree.makeFolder(folder)
        var extras = BottleWriter.Extras()
        extras.hasTwin = !noZstd
        extras.rootURL = rootURL
        for path in kegs {
            let keg = try Self.keg(at: working.pushing(FilePath(path)).lexicallyNormalized())
            let (formulaFile, rebuild, extras) = (formula.map { working.pushing(FilePath($0)) }, rebuild, extras)
            let prefixPath =
                prefix
                ?? keg.location.removingLastComponent().removingLastComponent()
                .removingLastComponent().string
            let built = try await BlockingThread.run {
                let facts = try BottleFacts(of: keg, formulaFile: formulaFile, platform: platform, rebuild: rebuild)
                return try BottleWriter(facts: facts, keg: keg, prefixPath: prefixPath, isLinked: true).write(
                    to: folder, extras: extras)
            }
            console.data(built.file.string)
            console.talk("  sha256 \(built.digest), \(built.size) bytes, cellar \(built.cellar)\(Self.reach(built))")
        }
    }

    private static func reach(_ built: BuiltBottle) -> String {
        switch built.longestPrefix {
        case nil: ""
        case 0?: ", for this prefix alone"
        case let room?: ", for prefixes of at most \(room) bytes"
        }
    }

    /// - Throws: `BottlingError.notAKeg` for a folder elsewhere than in a cellar.
    private static func keg(at path: FilePath) throws -> Keg {
        let rack = path.removingLastComponent()
        guard let version = path.lastComponent?.string, let name = rack.lastComponent?.string,
            rack.removingLastComponent().lastComponent?.string == "Cellar",
            try FileTree.status(path)?.kind == .folder
        else { throw BottlingError.notAKeg(path) }
        return Keg(name: name, pkgVersion: version, location: path)
    }
}
