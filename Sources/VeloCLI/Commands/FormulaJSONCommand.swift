import ArgumentParser
import VeloCore
import VeloFormula

struct FormulaJSONCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "json", abstract: "Print formulae as `brew info --json=v2` has them.",
        discussion: "A JSON array, one formula a line, sorted by name, in the fields of Homebrew 4.0.")

    @OptionGroup var tap: TapOptions

    @Flag(help: "Evaluate for every platform, and add what differs as `variations`.")
    var variations = false

    @OptionGroup var output: OutputOptions

    func run(in session: Session) async throws {
        let library = try tap.library()
        let context = try tap.context(session)
        let wantsVariations = variations
        let run = TapRun(separator: ",\n") { file, writer in
            let document = FormulaDocument(file, library: library, context: context)
            if wantsVariations {
                try document.writeWithVariations(to: &writer)
            } else {
                try document.write(to: &writer)
            }
        }
        try await run.print(tap.names, of: library, opening: "[", closing: "]\n", to: session.console)
    }
}
