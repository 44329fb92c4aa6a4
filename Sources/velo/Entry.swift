import VeloCLI

@main
struct Entry {
    static func main() { Program.main(Velo.self) }
}
