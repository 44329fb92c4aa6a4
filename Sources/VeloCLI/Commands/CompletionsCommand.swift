import ArgumentParser

struct CompletionsCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: """
            For bash: `velo completions bash > ~/.local/share/bash-completion/completions/velo`. For zsh, into a folder \
            of `fpath`, as `_velo`. For fish: `~/.config/fish/completions/velo.fish`.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    @OptionGroup var output: OutputOptions

    func run(in session: Session) async throws {
        let target: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        session.console.data(Velo.completionScript(for: target))
    }
}
