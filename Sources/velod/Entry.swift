import ArgumentParser
import VeloCLI
import VeloFarm
@main struct Entry { static func main() async { await Velo.main() } }
