export { Machine, type MachineOptions, type MachineTask } from "./machine.ts";
export { TaskAccount } from "./task-account.ts";
