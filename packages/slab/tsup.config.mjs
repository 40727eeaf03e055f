export { default } from "@pagelab/tsup-preset";
