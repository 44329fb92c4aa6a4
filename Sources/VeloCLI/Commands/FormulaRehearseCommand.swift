import ArgumentParser
import VeloCore
import VeloFormula

struct FormulaRehearseCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Print what `install` would do, without doing it.",
        discussion: """
            A JSON object a line: the formula's name, and its trace, a list of operations in the order they would be \
            carried out in an empty folder in which every command succeeds and prints nothing.
            """)

    @OptionGroup var tap: TapOptions
    @OptionGroup var output: OutputOptions

    func run(in session: Session) async throws {
        let library = try tap.library()
        var context = try tap.context(session)
        // As `brew install --build-from-source` has it.
        context.isBottleBuild = false
        let setting = context
        let run = TapRun(separator: "\n") { file, writer in
            try Rehearsal.write(file, library: library, context: setting, to: &writer)
        }
        try await run.print(tap.names, of: library, closing: "\n", to: session.console)
    }
}
