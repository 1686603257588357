import type { ArtifactSource } from "../artifacts";
import { FACTORY_ADDRESS } from "../create3";
import type { Parameters } from "../parameters";
import type { ContractEntry, Plan } from "../plan";
import { creationOf, layoutOf, librariesOf } from "../scene";
import type { Compilation, StandardInput } from "./compilation";

/** Everything with which a verifier can repeat how one contract was created. */
export interface Material {
  /** Of the plan, or `create3Factory`. */
  readonly name: string;
  readonly address: string;
  /** `path/of/Source.sol:Contract`. */
  readonly contract: string;
  readonly compiler: string;
  readonly input: StandardInput;
  /** ABI-encoded constructor arguments, hexadecimal digits without 0x. */
  readonly constructorArguments: string;
}

const FACTORY: ContractEntry = {
  name: "create3Factory",
  artifact: "contracts/deploy/Create3Factory.sol:Create3Factory",
  args: () => [],
};

/** `path/of/Source.sol:Library` and its address -> as the compiler wants it. */
function librarySettings(libraries: Readonly<Record<string, string>>): Record<string, Record<string, string>> {
  const settings: Record<string, Record<string, string>> = {};
  for (const [qualifiedName, address] of Object.entries(libraries)) {
    const [source = "", name = ""] = qualifiedName.split(":");
    settings[source] = { ...settings[source], [name]: address };
  }
  return settings;
}

/** The materials of all contracts and libraries of a deployment, and of the factory that creates them. */
export function materialsOf(
  parameters: Parameters,
  plan: Plan,
  artifacts: ArtifactSource,
  compilationOf: (qualifiedName: string) => Compilation,
): Material[] {
  const layout = layoutOf(parameters, plan, artifacts);
  const materialOf = (entry: ContractEntry, address: string): Material => {
    const { compiler, input } = compilationOf(entry.artifact);
    const libraries = librarySettings(librariesOf(layout, entry));
    const { initCode } = creationOf(layout, entry);
    return {
      name: entry.name,
      address,
      contract: entry.artifact,
      compiler,
      input: { ...input, settings: { ...input.settings, libraries } },
      constructorArguments: initCode.slice(artifacts.read(entry.artifact).bytecode.length),
    };
  };
  return [
    materialOf(FACTORY, FACTORY_ADDRESS),
    ...plan.contracts.map((entry) => materialOf(entry, layout.addressOf(entry.name))),
  ];
}
