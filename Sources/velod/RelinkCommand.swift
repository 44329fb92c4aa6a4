import ArgumentParser
import SystemPackage
import VeloCLI
import VeloCore
import VeloSystem

struct RelinkCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "relink", abstract: "Change where programs and libraries look for others.",
        discussion: """
            ELF and Mach-O files are changed where they lie; nothing in them is moved, and what was signed ad hoc or \
            otherwise is signed ad hoc. Files of other kinds stay as they are.
            """)

    @Argument(help: ArgumentHelp("Programs and libraries.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("The prefix that they name now.", valueName: "path"))
    var from: String?

    @Option(help: ArgumentHelp("The prefix that they are to name.", valueName: "path"))
    var to: String?

    @Option(help: ArgumentHelp("The search path of ELF files that have one.", valueName: "paths"))
    var searchPath: String?

    @Option(help: ArgumentHelp("The loader of ELF programs.", valueName: "path"))
    var interpreter: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (from == nil) == (to == nil) else { throw ValidationError("--from and --to belong together") }
        guard from != nil || searchPath != nil || interpreter != nil else {
            throw ValidationError("say what is to change: --from and --to, --search-path or --interpreter")
        }
    }

    func run(in invocation: Invocation, _ console: Console) async throws {
        var move = BinaryMove()
        if let from, let to { move.prefixes = (from, to) }
        (move.searchPath, move.interpreter) = (searchPath, interpreter)
        let working = try Host.workingFolder()
        var problems: [any Problem] = []
        for name in files {
            do {
                let isChanged = try move.apply(to: working.pushing(FilePath(name)))
                if isChanged { console.detail("changed \(name)") }
            } catch let problem as any Problem {
                problems.append(problem)
            }
        }
        try Problems.throwIfAny(problems)
    }
}
