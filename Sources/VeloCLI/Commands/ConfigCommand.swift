import ArgumentParser
import SystemPackage
import VeloCore
import VeloSystem

/// Every command says its name: one that the library has to find by reflection costs each start of velo 2 ms.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Read and change settings.",
        discussion: "A flag wins over an environment variable, and that over the file.",
        subcommands: [Get.self, Set.self, Unset.self, List.self], defaultSubcommand: List.self)

    struct Get: ProgramCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Print a setting.")
        @Argument(help: "The setting.") var key: SettingKey
        @OptionGroup var output: OutputOptions

        func run(in session: Session) async throws { session.console.data(session.settings[key].value) }
    }

    struct Set: ProgramCommand {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Write a setting to the file.")
        @Argument(help: "The setting.") var key: SettingKey
        @Argument(help: "Its value.") var value: String
        @OptionGroup var output: OutputOptions

        func run(in session: Session) async throws {
            try key.check(value, from: .file)
            var file = session.settingsFile
            file.set(key, to: value)
            try file.save()
            let effective = session.settings[key]
            if effective.origin == .environment {
                session.console.warn("`\(key.variable?.rawValue ?? "")` is set, and wins over the file")
            }
        }
    }

    struct Unset: ProgramCommand {
        static let configuration = CommandConfiguration(
            commandName: "unset", abstract: "Remove a setting from the file.")
        @Argument(help: "The setting.") var key: SettingKey
        @OptionGroup var output: OutputOptions

        func run(in session: Session) async throws {
            var file = session.settingsFile
            guard file[key] != nil else { return }
            file.set(key, to: nil)
            try file.save()
        }
    }

    struct List: ProgramCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Print all settings, and where they come from.")
        @Flag(help: "Print the environment variables that velo reads instead.") var variables = false
        @OptionGroup var format: JSONOptions
        @OptionGroup var output: OutputOptions

        var printsJSON: Bool { format.json }

        func run(in session: Session) async throws {
            if variables {
                var table = Table()
                for variable in EnvironmentVariable.allCases { table.add(variable.rawValue, variable.explanation) }
                return table.lines(width: nil).forEach { session.console.data($0) }
            }
            if format.json {
                let entries = SettingKey.allCases.map { key in
                    Entry(
                        key: key.rawValue, value: session.settings.shown(key),
                        origin: session.settings[key].origin.rawValue)
                }
                let document = Document(file: session.settingsFile.path.string, settings: entries)
                return session.console.data(try JSONText.of(document))
            }
            var table = Table()
            for key in SettingKey.allCases {
                let value = session.settings.shown(key)
                table.add(key.rawValue, value.isEmpty ? "(none)" : value, session.settings[key].origin.rawValue)
            }
            table.lines(width: nil).forEach { session.console.data($0) }
            session.console.talk("the file is \(session.settingsFile.path)")
        }

        private struct Document: Encodable {
            var schema = 1
            var file: String
            var settings: [Entry]
        }

        private struct Entry: Encodable {
            var key: String
            var value: String
            var origin: String
        }
    }
}

extension SettingKey: ExpressibleByArgument {}

extension Settings {
    /// A value as a list of all shows it: a secret only by its being there.
    fileprivate func shown(_ key: SettingKey) -> String {
        key.isSecret && !self[key].value.isEmpty ? "(set)" : self[key].value
    }
}
