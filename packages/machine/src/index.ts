export { Machine, type MachineOptions, type MachineTask } from "./machine.ts";
export { type SlabOrders, slabOrders, type SlabPageRequest, slabPageRequests } from "./slab-growth.ts";
export { TaskAccount } from "./task-account.ts";
